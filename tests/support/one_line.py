"""What a command says that fails."""


def assert_one_line_error(result, *parts):
    assert result.returncode == 1, result.stderr
    assert "Traceback" not in result.stderr
    last = result.stderr.strip().splitlines()[-1]
    assert last.startswith("Error: ")
    for part in parts:
        assert part in last
