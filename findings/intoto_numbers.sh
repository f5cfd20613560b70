#!/bin/sh
# in-toto-attestation 0.9.3 (PyPI): each number in a Statement's predicate becomes a double. The JSON that is signed has 5.0
# for a count of 5, and 5.764607523034235e+18 for the NAA number 0x5000c500a1b2c3d5 of a disk: its last digits are gone.
# Nothing is said, validate() passes, and the Statement read back has the other number. (The predicate is a protobuf
# Struct, which knows no integers.)
# Expected: the integers that were given, or a refusal of those above 2^53, as JSON in the attestation's specification may
# hold any.
# Why it hurts: an acceptance's evidence is what counts later. World-wide names, bytes written and 64-bit counters as
# numbers name another disk after the signature; a schema that says "integer" refuses 5.0 in strict readers, and a digest
# over one's own JSON differs from that of the attestation. Write them as text. Ends with 0 while that is so.
set -eu
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
cd "$room"
pip install -qq --no-compile --no-warn-conflicts --target "$room/lib" in-toto-attestation==0.9.3 protobuf==7.36.2 ||
    { echo "cannot install in-toto-attestation==0.9.3" >&2; exit 2; }
export PYTHONPATH="$room/lib"

cat > look.py <<'END_PY'
import json
import sys

from google.protobuf.json_format import MessageToJson
from in_toto_attestation.v1.resource_descriptor import ResourceDescriptor
from in_toto_attestation.v1.statement import Statement

given = {"disks": 5, "wwn": 0x5000C500A1B2C3D5, "bytes_written": 18014398509481985, "text": str(0x5000C500A1B2C3D5)}
subject = ResourceDescriptor(name="node1", digest={"sha256": "ab" * 32})
statement = Statement([subject.pb], "https://example.org/acceptance/v1", given)
statement.validate()
text = MessageToJson(statement.pb)
read = json.loads(text)["predicate"]
for name, value in given.items():
    print(f"    {name}: given {value!r}, in the JSON {json.dumps(read[name])}, equal: {value == read[name]}")
equal = {name: value == read[name] for name, value in given.items()}
floats = sorted(name for name, value in read.items() if isinstance(value, float))
print(f"    the disk's number in hexadecimal: {given['wwn']:x}, then {int(read['wwn']):x}")
sys.exit(
    equal != {"disks": True, "wwn": False, "bytes_written": False, "text": True}
    or floats != ["bytes_written", "disks", "wwn"]
)
END_PY
echo "in-toto-attestation 0.9.3, a Statement's predicate after validate():"
python3 look.py || { echo "changed: the numbers are kept" >&2; exit 1; }
