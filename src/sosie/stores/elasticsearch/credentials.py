"""Reads credentials and certificates, only from the environment, so that no command or message contains a secret."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sosie.errors import UsageError

API_KEY = "SOSIE_ELASTICSEARCH_API_KEY"
USER = "SOSIE_ELASTICSEARCH_USER"
PASSWORD = "SOSIE_ELASTICSEARCH_PASSWORD"  # noqa: S105 (the variable's name)
CA_FILE = "SOSIE_ELASTICSEARCH_CA"


def client_options(environment: Mapping[str, str] = os.environ, *, tls: bool) -> dict[str, Any]:
    """The client's options for credentials and certificates; ``UsageError`` if they contradict each other.

    Certificates are always verified: with the file in SOSIE_ELASTICSEARCH_CA, or else with the system's certificates.
    """
    options: dict[str, Any] = {}
    key, user, password = (environment.get(name, "") for name in (API_KEY, USER, PASSWORD))
    if key and (user or password):
        raise UsageError(f"{API_KEY} is set, and so is {USER} or {PASSWORD}: expected only one of them")
    if bool(user) != bool(password):
        raise UsageError(f"{USER} and {PASSWORD} belong together, and one of them is empty: set both or none")
    if key:
        options["api_key"] = key
    if user:
        options["basic_auth"] = (user, password)
    if tls and (file := environment.get(CA_FILE, "")):
        if not Path(file).is_file():
            raise UsageError(f"{CA_FILE} names {file!r}, which is not a file: expected a certificate in PEM form")
        options["ca_certs"] = file
    return options
