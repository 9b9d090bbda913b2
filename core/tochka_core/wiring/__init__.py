"""How the parts of an application are made; `tochka_core.app` puts them together."""
