"""What we hand to people and machines: one offline page a node, JUnit XML, the JSON it was made from, a signed
certificate.

    write_node(dossier, directory) -> list[Artifact]
    write_batch(dossiers, directory) -> list[Artifact]
    certificate.issue(dossier, key) -> dict             a DSSE envelope; refuses when anything blocks
    certificate.verify(envelope, public_key) -> dict    the statement that was signed
    certificate.write(envelope, path), .read(path), .load_or_create_key(path), .load_public_key(path)
    judge.judge(dossier) -> Judgement                   the one place where a node's verdict is formed

Everything is made from the `Dossier` and nothing else, so that a report can be made again from its own JSON.
"""

from metalctl.report.judge import Judgement, judge
from metalctl.report.write import (
    read_dossiers,
    set_aside,
    write_batch,
    write_certificate,
    write_evidence,
    write_node,
)

__all__ = [
    "Judgement",
    "judge",
    "read_dossiers",
    "set_aside",
    "write_batch",
    "write_certificate",
    "write_evidence",
    "write_node",
]
