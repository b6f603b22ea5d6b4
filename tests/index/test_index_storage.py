"""lancedb is imported without validators that nobody uses, and pydantic is left as it was."""

from __future__ import annotations

import subprocess
import sys

_CHECK = """
import pydantic

before = pydantic.validate_call, dict(pydantic.BaseModel.model_config)
from maquette.index.storage import import_lancedb

lancedb = import_lancedb()
assert lancedb is import_lancedb() and lancedb.__name__ == "lancedb"
assert (pydantic.validate_call, dict(pydantic.BaseModel.model_config)) == before

from lance_namespace import DropTableRequest
from lance_namespace_urllib3_client.api.table_api import TableApi

print(DropTableRequest.__pydantic_complete__)  # not built yet
assert DropTableRequest(id=["a", "b"]).id == ["a", "b"] and DropTableRequest.__pydantic_complete__  # built when used
try:
    DropTableRequest(id=3)
except pydantic.ValidationError:
    print("refused")
try:
    TableApi(api_client=object()).drop_table(id=3, drop_table_request=None)
except pydantic.ValidationError:
    print("refused")


class Ours(pydantic.BaseModel):
    number: int


print(Ours.__pydantic_complete__)  # what others define is built at once, as ever
"""


def test_validators_are_built_when_used_and_only_those_of_lancedb_wait() -> None:
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", _CHECK], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["False", "refused", "refused", "True"]
