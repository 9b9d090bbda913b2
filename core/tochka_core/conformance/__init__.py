"""`tochka modules check`: whether a module does no harm, keeps its promises, and is well made.

    conducting  the whole of it: one module after another, each apart from this process
    ├── subject     what is to be checked: an installed module, a project's folder, a wheel
    ├── scratch     a PostgreSQL, and databases on it, to be thrown away
    ├── admission   the first check: what the judgement says
    └── process     the process in which all others run
        ├── checks/     what they look at, each in a function
        ├── bench       what they work with: the module in an application that serves it
        ├── planting    rows for a tenant to lose
        ├── leaks       probes for what another tenant has
        └── fuzzing     requests that nobody thinks of
    report      what was found, and the level that it comes to
    junit       the same for a continuous integration

Needs the extra `check`.
"""
