import tomllib
from importlib import resources

README = (resources.files("training") / "README.md").read_text(encoding="utf-8")


def settings():
    text = (resources.files("training") / "default.toml").read_text(encoding="utf-8")
    for name, section in tomllib.loads(text).items():
        if isinstance(section, dict):
            yield from (f"{name}.{key}" for key in section)
        else:
            yield name


def test_every_setting_stands_in_the_readme_with_unit_and_meaning():
    rows = [line.split("|") for line in README.splitlines() if line.startswith("| `")]
    told = {row[1].strip(" `"): [cell.strip() for cell in row[2:4]] for row in rows}

    assert set(told) >= set(settings())
    assert all(unit and meaning for unit, meaning in told.values())


def test_readme_tells_of_no_setting_that_is_gone():
    rows = [
        line.split("|")[1].strip(" `") for line in README.splitlines() if line.startswith("| `")
    ]
    flow = {row for row in rows if row.endswith(".py")}

    assert set(rows) - flow == set(settings())


def test_every_file_of_the_room_that_the_readme_names_is_there():
    for name in README.split("`"):
        if name.endswith(".py"):
            root = resources.files("models" if name.startswith("models/") else "training")
            assert (root / name.removeprefix("models/")).is_file()
