"""The README's samples, taken out of it and tried. Only names of files and ports are changed."""

import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time

BINARY, ROOT = sys.argv[1], pathlib.Path(sys.argv[2])
README = pathlib.Path(__file__).resolve().parents[2] / "README.md"
HOST, PASSWORD = "desk.example.com", "correct horse battery"
UPLOAD = 5 * 1024 * 1024
MOST_EXPOSED = 20  # tenths
READ, SEND = "text/event-stream", "application/json"


def sample(first_line):
    """The block of the README whose first line is this one."""
    blocks = re.findall(r"^```\w*\n(.*?)^```$", README.read_text(), re.S | re.M)
    found = [block for block in blocks if block.startswith(first_line + "\n")]
    assert len(found) == 1, f"{len(found)} samples begin with {first_line!r}"
    return found[0]


def changed(text, changes):
    for old, new in changes.items():
        assert old in text, f"{old!r} is not in the sample:\n{text}"
        text = text.replace(old, new)
    return text


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_for(port, process, log):
    for _ in range(600):
        assert process.poll() is None, log.read_text()
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"nobody listens on {port}:\n{log.read_text()}")


class Torn(Exception):
    """The connection or the stream ended in the middle."""


class Through:
    """A browser's side of the proxy at this port, which it takes for https://desk.example.com."""

    def __init__(self, port, certificate, folder):
        self.folder = folder
        self.curl = [
            "curl", "--silent", "--show-error", "--http2", "--max-time", "30", "--cacert", str(certificate),
            "--connect-to", f"{HOST}:443:127.0.0.1:{port}", "--header", f"Origin: https://{HOST}",
        ]

    def ask(self, method, path, body=None, token=None, *more):
        out = self.folder / "body"
        command = [*self.curl, "--request", method, "--output", str(out), *more]
        command += ["--write-out", "%{http_version} %{http_code} %{content_type}"]
        if token:
            command += ["--header", f"Authorization: Bearer {token}"]
        if body is not None:
            command += ["--header", f"Content-Type: {SEND}", "--data-binary", "@-"]
            body = body if isinstance(body, bytes) else json.dumps(body).encode()
        out.write_bytes(b"")
        done = subprocess.run([*command, f"https://{HOST}{path}"], input=body or b"", capture_output=True)
        if done.returncode in (55, 56, 92):
            raise Torn(done.stderr.decode())
        assert done.returncode == 0, (path, done.stderr.decode())
        version, status, kind = done.stdout.decode().split(" ", 2)
        assert version == "2", f"{path} came by HTTP/{version}"
        return int(status), kind, out.read_bytes()

    def get_json(self, method, path, body=None, token=None):
        status, kind, text = self.ask(method, path, body, token)
        assert status < 300, (path, status, text)
        return json.loads(text) if text else None


def try_proxy(name, at):
    status, kind, text = at.ask("GET", "/sign-in")
    assert status == 200 and kind.startswith("text/html") and b"</html>" in text, (status, kind)
    status, kind, _ = at.ask("GET", "/widget.js")
    assert (status, kind) == (200, "text/javascript; charset=utf-8"), (status, kind)
    # Where the proxy loses the host, the page's own form would be another site's.
    status, _, text = at.ask("POST", "/api/v1/sessions", {"email": "alex@desk.example", "password": "wrong wrong"})
    assert status == 401, (status, text)

    admin = at.get_json("POST", "/api/v1/sessions", {"email": "alex@desk.example", "password": PASSWORD})["token"]
    widget = at.get_json("GET", "/api/v1/widgets", token=admin)["items"][0]["id"]
    visitor = at.get_json("POST", f"/api/v1/widgets/{widget}/visitors", {"name": "Ada"})["token"]

    # The stream: what is said arrives while the answer goes on.
    command = [*at.curl, "--no-buffer", "--header", f"Accept: {READ}", "--header", f"Authorization: Bearer {admin}"]
    stream = subprocess.Popen([*command, f"https://{HOST}/api/v1/events"], stdout=subprocess.PIPE)
    try:
        os.set_blocking(stream.stdout.fileno(), False)
        heard = hear(stream, b"\n", 5)  # it is open
        words = f"Hello through {name}"
        said = {"client_id": f"0190d1f0-7b1e-4a3c-9f00-{os.getpid():012x}", "body": words}
        since = time.monotonic()
        at.get_json("POST", "/api/v1/conversations", said, visitor)
        heard += hear(stream, words.encode(), 5)
        took = time.monotonic() - since
    finally:
        stream.kill()
        stream.wait()
    assert b"event: message.created" in heard, heard
    assert took < 2, f"held back for {took:.1f} s"

    # As large as a file may be: Deskbell answers, in its own words, and not the proxy in its. It answers before it has
    # read so much, and what is still being sent then may tear the answer away.
    for _ in range(20):
        try:
            status, kind, text = at.ask("POST", "/api/v1/conversations", b" " * (UPLOAD + 4096), visitor, "--header", "Expect:")
            break
        except Torn:
            continue
    assert status == 413 and kind.startswith("application/problem+json"), (status, kind, text[:200])
    print(f"samples: {name}: pages, the API, {UPLOAD >> 20} MiB, and a stream that waits for nothing ({took * 1000:.0f} ms), by HTTP/2", flush=True)


def hear(stream, wanted, seconds):
    heard, until = b"", time.monotonic() + seconds
    while wanted not in heard:
        assert time.monotonic() < until and stream.poll() is None, f"{wanted} did not come: {heard}"
        heard += stream.stdout.read() or b""
        time.sleep(0.01)
    return heard


def found(name):
    """The program as Debian packs it."""
    paths = [ROOT / part / name for part in ("usr/sbin", "usr/bin", "bin")]
    return str(next(path for path in paths if path.is_file()))


def nginx(folder, upstream, processes):
    port, key, certificate = free_port(), folder / "key.pem", folder / "certificate.pem"
    subprocess.run([
        "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
        "-subj", f"/CN={HOST}", "-addext", f"subjectAltName=DNS:{HOST}", "-keyout", str(key), "-out", str(certificate),
    ], check=True, capture_output=True)
    server = changed(sample("server {"), {
        "listen 443 ": f"listen 127.0.0.1:{port} ",
        "/etc/ssl/desk.example.com.pem": str(certificate),
        "/etc/ssl/desk.example.com.key": str(key),
        "http://127.0.0.1:3000": f"http://127.0.0.1:{upstream}",
    })
    kept = "".join(
        f"    {what}_temp_path {folder}/{what};\n" for what in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    file = folder / "nginx.conf"
    user = "user root;\n" if os.geteuid() == 0 else ""
    file.write_text(
        f"{user}daemon off;\npid {folder}/nginx.pid;\nerror_log {folder}/nginx.log;\nevents {{}}\n"
        f"http {{\n    access_log off;\n{kept}{server}}}\n"
    )
    log = folder / "nginx.log"
    command = [found("nginx"), "-p", str(folder), "-e", str(log), "-c", str(file)]
    told = subprocess.run([*command, "-t"], capture_output=True, text=True)
    # Since 1.25.1 it would rather have "http2 on", which 1.22 does not know.
    warned = [line for line in told.stderr.splitlines() if "[warn]" in line and "http2" not in line]
    assert told.returncode == 0 and not warned, told.stderr
    processes.append(subprocess.Popen(command, stdin=subprocess.DEVNULL))
    wait_for(port, processes[-1], log)
    try_proxy("nginx", Through(port, certificate, folder))


def caddy(folder, upstream, processes):
    port, log = free_port(), folder / "caddy.log"
    site = changed(sample(f"{HOST} {{"), {"127.0.0.1:3000": f"127.0.0.1:{upstream}"})
    file = folder / "Caddyfile"
    # Certificates of its own, as nobody vouches for this name here.
    file.write_text(
        f"{{\n\tadmin off\n\tlocal_certs\n\tskip_install_trust\n\thttp_port {free_port()}\n\thttps_port {port}\n"
        f"\tdefault_bind 127.0.0.1\n}}\n\n{site}"
    )
    kept = {**os.environ, "HOME": str(folder), "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    command = [found("caddy"), "run", "--adapter", "caddyfile", "--config", str(file)]
    with open(log, "w") as out:
        processes.append(subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, env=kept))
    wait_for(port, processes[-1], log)
    certificate = folder / "caddy/pki/authorities/local/root.crt"
    for _ in range(200):
        if certificate.is_file() and list(folder.glob(f"caddy/certificates/local/{HOST}/*.crt")):
            break
        time.sleep(0.1)
    try_proxy("Caddy", Through(port, certificate, folder))


def analyze(*words):
    libraries = [ROOT / part for part in ("usr/lib", "lib")]
    shared = {str(path.parent) for part in libraries for path in part.glob("**/libsystemd-shared-*.so")}
    told = subprocess.run(
        [found("systemd-analyze"), *words], capture_output=True, text=True,
        env={**os.environ, "LD_LIBRARY_PATH": ":".join(shared), "SYSTEMD_PAGER": "", "SYSTEMD_COLORS": "0"},
    )
    return told.returncode, told.stdout + told.stderr


def unit(trace):
    """Sound, closed, and not so closed that Deskbell could not work in it: `trace` is what it asked the kernel for."""
    text = sample("[Unit]")
    folder = ROOT / "etc/systemd/system"
    program = ROOT / "usr/local/bin/deskbell"
    for path in (folder, program.parent):
        path.mkdir(parents=True, exist_ok=True)
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    # What says nothing of a mistake says nothing of the sample.
    for name, written, sound in [("wrong", text.replace("[Service]", "[Service]\nProtectEverything=yes"), False), ("deskbell", text, True)]:
        (folder / f"{name}.service").write_text(written)
        code, told = analyze("verify", f"--root={ROOT}", f"{name}.service")
        assert (code == 0 and not told.strip()) == sound, f"systemd-analyze verify, of the {name} one:\n{told}"
    code, told = analyze("security", "--offline=true", f"--root={ROOT}", f"--threshold={MOST_EXPOSED}", "deskbell.service")
    exposed = re.search(r"Overall exposure level for deskbell.service: ([\d.]+)", told)
    assert exposed and code == 0, told

    calls = set(re.findall(r"^\d+ +(\w+)\(", trace, re.M))
    allowed = set()
    for line in re.findall(r"^SystemCallFilter=(.*)$", text, re.M):
        minus = line.startswith("~")
        for word in line.lstrip("~").split():
            these = system_calls(word)
            allowed = allowed - these if minus else allowed | these
    refused = calls - allowed - system_calls("@default")
    # Only as root does SQLite hand its files to the owner of the database.
    assert refused <= ({"fchown"} if os.geteuid() == 0 else set()), f"the unit does not allow what it does: {sorted(refused)}"
    families = re.search(r"^RestrictAddressFamilies=(.*)$", text, re.M)[1].split()
    assert set(re.findall(r"\bsocket\((AF_\w+)", trace)) <= set(families)
    assert "PROT_WRITE|PROT_EXEC" not in trace, "the unit has MemoryDenyWriteExecute"
    assert len(calls) > 40 and "accept4" in calls, sorted(calls)
    print(f"samples: systemd: the unit is sound, exposes {exposed[1]} of 10 and allows all {len(calls)} calls that were seen", flush=True)


def system_calls(name):
    if not name.startswith("@"):
        return {name}
    code, told = analyze("syscall-filter", name)
    assert code == 0, told
    words = [line.strip() for line in told.splitlines()[1:]]
    words = [word for word in words if word and not word.startswith("#")]
    return set().union(*(system_calls(word) for word in words))


def main():
    folder = pathlib.Path(tempfile.mkdtemp(prefix="deskbell-samples."))
    processes = []
    try:
        data, port, log, trace = folder / "data", free_port(), folder / "deskbell.log", folder / "trace"
        settings = dict(re.findall(r"^Environment=(DESKBELL_\w+)=(.*)$", sample("[Unit]"), re.M))
        assert settings["DESKBELL_PUBLIC_URL"] == f"https://{HOST}", settings
        settings |= {"DESKBELL_DATA": str(data), "DESKBELL_LISTEN": f"127.0.0.1:{port}"}
        environment = {**os.environ, **settings}
        subprocess.run(
            [BINARY, "admin", "add", "--email", "alex@desk.example", "--name", "Alex Morgan"],
            input=PASSWORD + "\n", text=True, check=True, env=environment, stdout=subprocess.DEVNULL,
        )
        with open(log, "w") as out:
            processes.append(subprocess.Popen(
                ["strace", "--follow-forks", "--quiet=all", "--signal=none", "--output", str(trace), BINARY, "serve"],
                stdin=subprocess.DEVNULL, stdout=out, stderr=out, env=environment,
            ))
        wait_for(port, processes[-1], log)
        for which in (nginx, caddy):
            (folder / which.__name__).mkdir()
            which(folder / which.__name__, port, processes)
        # strace ends with what it watches, which stops as asked.
        watched = pathlib.Path(f"/proc/{processes[0].pid}/task/{processes[0].pid}/children").read_text().split()
        os.kill(int(watched[0]), 15)
        processes[0].wait(20)
        assert processes[0].returncode == 0, log.read_text()
        unit(trace.read_text(errors="replace"))
    finally:
        for process in reversed(processes):
            process.terminate()
        for process in processes:
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
        shutil.rmtree(folder, ignore_errors=True)


main()
