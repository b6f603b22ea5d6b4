"""Sending models to be added."""

from __future__ import annotations

import httpx

from tests.serve.serve_cases import Live


def test_what_is_not_taken_leaves_nothing(own: Live) -> None:
    def send(*names: str, **data: str) -> int:
        files = [("file", (name, b"OFF nothing")) for name in names]
        return httpx.post(own.address + "/api/jobs", files=files, data=data, trust_env=False, timeout=300).status_code

    assert send("a.exe") == 415
    assert send("a.off", "b.zip") == 415  # an archive comes alone
    assert send("a.off", **{"class": "../up"}) == 422
    assert send("a.off", **{"class": "a\nb"}) == 422
    assert httpx.post(own.address + "/api/jobs", trust_env=False, timeout=300).status_code == 422
    assert not [path for path in (own.folder / "uploads").rglob("*") if path.is_file()]
    assert httpx.get(own.address + "/api/jobs", trust_env=False, timeout=300).json() == {"jobs": []}
    assert httpx.get(own.address + "/api/jobs/" + "0" * 32, trust_env=False, timeout=300).status_code == 404


def test_a_file_that_cannot_be_read_is_refused_under_its_own_name(own: Live) -> None:
    sent = httpx.post(
        own.address + "/api/jobs", files={"file": ("bad.off", b"OFF nothing")}, trust_env=False, timeout=300
    )
    assert sent.status_code == 202
    while (job := httpx.get(own.address + f"/api/jobs/{sent.json()['id']}", trust_env=False, timeout=300).json())[
        "state"
    ] != "done":
        assert job["state"] in ("queued", "running")
    assert job["added"] == [] and job["refused"][0]["name"] == "bad.off"
    assert str(own.folder) not in job["refused"][0]["reason"]
