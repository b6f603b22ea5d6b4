"""One line of JSON an event, whatever a client sent."""

from __future__ import annotations

import json
import logging
import sys

import pytest

from maquette.serve.logs import JsonLines, log_to_stderr


def test_a_line_stays_one_line() -> None:
    record = logging.LogRecord("a", logging.WARNING, "f", 1, "an %s", ("event\nforged",), None)
    record.fields = {"path": "/x\r\n{}", "status": 404}
    line = JsonLines().format(record)
    values = json.loads(line)
    assert "\n" not in line and values["path"] == "/x\r\n{}" and values["status"] == 404
    assert (values["level"], values["event"]) == ("warning", "an event\nforged")


def test_exceptions_keep_their_place() -> None:
    try:
        raise ValueError("of this test")
    except ValueError:
        record = logging.LogRecord("a", logging.ERROR, "f", 1, "failed", (), sys.exc_info())
    assert "test_exceptions_keep_their_place" in json.loads(JsonLines().format(record))["exception"]


def test_everything_goes_to_standard_error(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    root = logging.getLogger()
    monkeypatch.setattr(root, "handlers", list(root.handlers))
    monkeypatch.setattr(root, "level", root.level)
    monkeypatch.setattr(logging.getLogger("uvicorn.access"), "disabled", False)
    log_to_stderr()
    logging.getLogger("maquette.serve").info("hello", extra={"fields": {"items": 3}})
    logging.getLogger("uvicorn.access").info("not twice")
    printed = capsys.readouterr()
    assert [json.loads(line)["items"] for line in printed.err.splitlines()] == [3] and not printed.out
