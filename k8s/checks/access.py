"""Whether the cluster gives the rights that docs/access.md says, which the tests hold against a broker and a database."""

import re
from pathlib import Path

from objects import Object, Problem, of_kind

DOCUMENT = Path(__file__).resolve().parents[2] / "docs/access.md"
Right = tuple[str, str, str, str]


def problems(objects: list[Object]) -> list[Problem]:
    return [f"docs/access.md: {problem}" for problem in problems_of(DOCUMENT.read_text(), objects)]


def problems_of(document: str, objects: list[Object]) -> list[Problem]:
    said, given = said_of_kafka(document), given_in_kafka(objects)
    found = [f"{' '.join(right)} is said, and no KafkaUser has it" for right in sorted(said - given)]
    found += [f"{' '.join(right)} isn't said, and a KafkaUser has it" for right in sorted(given - said)]
    for cluster in of_kind(objects, "Cluster"):
        made = {role["name"] for role in cluster["spec"]["managed"]["roles"]}
        if made != said_of_postgres(document):
            found.append(f"speaks of other roles than {', '.join(sorted(made))}")
    return found


def cells(row: str) -> list[str]:
    return [cell.strip() for cell in row.strip("|").split("|")]


def names(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def table(document: str, first: str) -> list[list[str]]:
    """The rows of the table whose first column is called so, its head included."""
    rows = document[document.index(f"| {first} |") :].split("\n\n")[0].splitlines()
    return [cells(row) for row in rows if not row.startswith("|---")]


def said_of_kafka(document: str) -> set[Right]:
    rights = set()
    for user, operation, topics, groups in table(document, "User")[1:]:
        rights |= {(*names(user), operation, "topic", topic) for topic in names(topics)}
        rights |= {(*names(user), operation, "group", group) for group in names(groups)}
    return rights


def given_in_kafka(objects: list[Object]) -> set[Right]:
    return {
        (user["metadata"]["name"], operation, acl["resource"]["type"], acl["resource"]["name"])
        for user in of_kind(objects, "KafkaUser")
        for acl in user["spec"]["authorization"]["acls"]
        for operation in acl["operations"]
    }


def said_of_postgres(document: str) -> set[str]:
    return {name for cell in table(document, "Table")[0] for name in names(cell)}
