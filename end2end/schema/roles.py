"""A desk in a temporary folder, somebody of each kind, and schemathesis as each of them."""

import json
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request

BINARY, EXAMPLES = sys.argv[1], sys.argv[2]
PASSWORD = "correct horse battery"
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Desk:
    def __init__(self, data):
        self.data, self.port = data, free_port()
        self.at = f"http://localhost:{self.port}"
        self.log = open(data / "log", "w")
        command = [BINARY, "serve", "--data", str(data / "desk"), "--listen", f"127.0.0.1:{self.port}", "--rate-limits", "off"]
        self.process = subprocess.Popen(command, stdout=self.log, stderr=self.log)
        for _ in range(300):
            try:
                self.call("GET", "/api/v1/health/ready")
                return
            except (urllib.error.URLError, ConnectionError):
                assert self.process.poll() is None, (data / "log").read_text()
                time.sleep(0.1)
        raise SystemExit("the desk did not start")

    def call(self, method, path, body=None, token=None, form=False):
        data = None if body is None else (urllib.parse.urlencode(body) if form else json.dumps(body)).encode()
        kind = "application/x-www-form-urlencoded" if form else "application/json"
        request = urllib.request.Request(self.at + path, data, {"Content-Type": kind, "Accept": "application/json"}, method=method)
        if token:
            request.add_header("Authorization", f"Bearer {token}")
        with urllib.request.urlopen(request, timeout=30) as answer:
            text = answer.read()
            return json.loads(text) if text else None

    def sign_in(self, email):
        return self.call("POST", "/api/v1/sessions", {"email": email, "password": PASSWORD})["token"]

    def admin(self):
        command = [BINARY, "admin", "add", "--data", str(self.data / "desk"), "--email", "alex@desk.example", "--name", "Alex Morgan"]
        subprocess.run(command, input=PASSWORD + "\n", text=True, check=True, stdout=self.log, stderr=self.log)
        return self.sign_in("alex@desk.example")

    def colleague(self, admin, role):
        email = f"{role}@desk.example"
        invited = self.call("POST", "/api/v1/agents", {"email": email, "role": role}, admin)
        form = {"token": invited["link"].split("token=")[1], "name": "Sam Ortiz", "password": PASSWORD}
        self.call("POST", "/_fn/deskbell/desk/account/api/accept", form, form=True)
        return self.sign_in(email)

    def visitor(self, admin):
        widget = self.call("GET", "/api/v1/widgets", token=admin)["items"][0]["id"]
        token = self.call("POST", f"/api/v1/widgets/{widget}/visitors", {"name": "Ada"})["token"]
        said = {"client_id": "0190d1f0-7b1e-4a3c-9f00-000000000001", "body": "Hello"}
        self.call("POST", "/api/v1/conversations", said, token)
        return token


def ask(desk, role, token, report):
    command = [
        str(pathlib.Path(sys.executable).parent / "schemathesis"), "run", f"{desk.at}/api/v1/openapi.json",
        "--checks", CHECKS, "--phases", "examples,coverage,fuzzing", "--max-examples", EXAMPLES, "--seed", "1",
        "--header", "Accept: application/json", "--request-timeout", "20", "--continue-on-failure",
        # It would be the last thing that they ask.
        "--exclude-operation-id", "sign_out", "--suppress-health-check", "all", "--no-color", "--no-shrink", "--generation-database", "none",
        "--generation-with-security-parameters", "false", "--warnings", "off",
    ]
    if token:
        command += ["--header", f"Authorization: Bearer {token}"]
    with open(report, "w") as out:
        code = subprocess.run(command, stdout=out, stderr=subprocess.STDOUT, cwd=report.parent, timeout=900).returncode
    said = report.read_text()
    counted = re.search(r"(\d+) generated.*", said)
    return code, counted.group(0) if counted else "nothing counted", said


def main():
    data = pathlib.Path(tempfile.mkdtemp(prefix="deskbell-schema."))
    desk, failed = None, []
    try:
        desk = Desk(data)
        admin = desk.admin()
        people = {"nobody": None, "visitor": desk.visitor(admin)}
        people |= {role: desk.colleague(admin, role) for role in ("agent", "supervisor")}
        people["admin"] = admin
        for role, token in people.items():
            code, counted, said = ask(desk, role, token, data / f"{role}.txt")
            print(f"schema: {role}: {'as documented' if code == 0 else 'FAILED'}: {counted}", flush=True)
            if code or "nothing counted" in counted:
                failed.append(role)
                print(said[-6000:])
            if token:
                desk.call("GET", "/api/v1/me", token=token)  # or it was asked as nobody all along
    finally:
        if desk and hasattr(desk, "process"):
            desk.process.terminate()
            desk.process.wait(15)
        shutil.rmtree(data, ignore_errors=True)
    sys.exit(1 if failed else 0)


main()
