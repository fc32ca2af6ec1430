"""`carnet demo`: the whole ecosystem on this machine, and one letter through it."""

import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from carnet.ops import front, ports, postgres, signin, wiring
from carnet.ops.health import PATH as HEALTH
from carnet.ops.home import Home, HomeError
from carnet.ops.language import gettext as _
from carnet.ops.language import ngettext
from carnet.ops.pki import Authority, PkiError
from carnet.ops.region import stage as region
from carnet.ops.serve import LISTEN_VARIABLE, SERVICES
from carnet.ops.stage import Login, Played, PlayError, Progress, Stage
from carnet.ops.supervisor import (
    ProcessError,
    Program,
    Supervisor,
    announces_itself,
    answers,
    listens,
)
from carnet.ops.wiring import Addresses, Certificates

WINGS = ("national", "establishment")

ERRORS = (
    HomeError,
    PkiError,
    PlayError,
    ProcessError,
    front.FrontError,
    ports.PortError,
    postgres.PostgresError,
)


def prepare(wing: str) -> None:
    """Check the wing, migrate its database and load the region in it; Django is ready."""
    from django.core.management import call_command

    call_command("check", fail_level="WARNING")
    call_command("migrate", verbosity=0, interactive=False, skip_checks=True)
    region.load(wing)


@contextmanager
def running(
    home: Home,
    wanted_ports: Mapping[str, int],
    progress: Progress,
    *,
    apart: Collection[str] = (),
) -> Iterator[tuple[Stage, Supervisor]]:
    """The ecosystem, ready, until the context is left: everything is then stopped.

    The services named in `apart` are not started: those of a test that kills and restarts them.
    Raises the errors of ops (`ERRORS`), each a sentence that says what to do.
    """
    with home, ExitStack() as stack:
        addresses = _choose_ports(wanted_ports, progress)
        caddy = front.find_program(os.environ)
        server = postgres.Server(home.postgres, progress=progress)
        stack.callback(server.stop)
        supervisor = stack.enter_context(Supervisor(home.log))
        with ThreadPoolExecutor(1) as aside:  # drawing keys takes as long as the database's start
            issuing = aside.submit(_certificates, home)
            supervisor.attend("postgresql", server.start(), server.log, server.stop)
            urls = {wing: server.ensure(f"carnet_{wing}") for wing in WINGS}
            progress(_("Base de données prête"))
            held = issuing.result()
        progress(_("Certificats prêts"))
        region.write_whitelist(home.whitelist, held, datetime.now(UTC))
        signin.write_clients(home, addresses)
        environments = {
            "national": wiring.national_environment(home, addresses, held, urls["national"]),
            "establishment": wiring.establishment_environment(
                home, addresses, held, urls["establishment"]
            ),
        }
        for wing, environment in environments.items():
            home.write_environment(wing, environment)
        progress(_("Chargement de la région de démonstration"))
        supervisor.run_to_end(
            [
                Program(
                    f"prepare-{wing}", wiring.carnet_command("prepare", wing), environments[wing]
                )
                for wing in WINGS
            ]
        )
        progress(_("Région de démonstration en place"))
        services = {
            program.name: program
            for program in (_front(home, addresses, held, caddy), *_services(home, environments))
        }
        supervisor.start(
            [program for name, program in services.items() if _service(name) not in apart],
            lambda name: progress(_("Démarré : %s") % name),
        )
        yield Stage(home, addresses, held, services), supervisor


def _choose_ports(wanted: Mapping[str, int], progress: Progress) -> Addresses:
    chosen = ports.choose(wanted)
    for name, port in wanted.items():
        if port not in (0, chosen[name]):
            progress(
                _("Le port %(busy)s est occupé, %(name)s prend le %(free)s")
                % {"busy": port, "name": name, "free": chosen[name]}
            )
    return Addresses(**{f"{name}_port": port for name, port in chosen.items()})


def _certificates(home: Home) -> Certificates:
    if (home.pki / "ca.pem").exists():
        authority = Authority.open(home.pki)
        authority.write_crl()  # the last one may have expired since
    else:
        authority = Authority.create(home.pki, datetime.now(UTC))
    return wiring.certificates(authority)


def _front(home: Home, addresses: Addresses, held: Certificates, caddy: Path) -> Program:
    configuration = front.write(wiring.front(home, addresses, held), home.front)
    return Program(
        "front",
        front.command(caddy, configuration),
        wiring.inherited() | front.environment(home.front),
        listens(addresses.services_port),
    )


def _services(home: Home, environments: Mapping[str, Mapping[str, str]]) -> list[Program]:
    programs = []
    for name in SERVICES:
        wing, role = name.split("-")
        command = wiring.carnet_command("serve", name)
        if role != "web":
            programs.append(Program(name, command, environments[wing], announces_itself))
            continue
        for number, socket in enumerate(wiring.web_sockets(home, wing), 1):
            programs.append(
                Program(
                    name if number == 1 else f"{name}-{number}",
                    command,
                    {**environments[wing], LISTEN_VARIABLE: f"unix:{socket}"},
                    answers(f"/{HEALTH}", unix=socket),
                )
            )
    return programs


def _service(program: str) -> str:
    """What a process serves: `national-web-2` is another `national-web`."""
    return program.rstrip("-0123456789")


def demo(folder: Path) -> int:
    """Run until Ctrl-C; the exit code."""
    begun = time.monotonic()

    def progress(sentence: str) -> None:
        print(f"{time.monotonic() - begun:6.1f} s  {sentence}", flush=True)

    try:
        with running(Home(folder), wiring.PORTS, progress) as (stage, supervisor):
            progress(_("Une lettre part de l'hôpital"))
            played = region.play(stage, progress)
            print(_guide(stage, played, region.logins(stage.addresses)), flush=True)
            supervisor.watch()
    except KeyboardInterrupt:
        progress(_("Tout est arrêté"))
        return 0
    except ERRORS as error:
        print(f"carnet: {error}", file=sys.stderr)
        return 1
    return 0


def check() -> int:
    """Play one letter on free ports in a temporary home; one JSON object on the last line."""
    begun = time.monotonic()
    folder = Path(tempfile.mkdtemp(prefix="carnet-"))
    report: dict[str, Any] = {}

    def progress(sentence: str) -> None:
        print(f"{time.monotonic() - begun:6.1f} s  {sentence}", flush=True)

    try:
        anywhere = dict.fromkeys(wiring.PORTS, 0)
        with running(Home(folder), anywhere, progress) as (stage, _supervisor):
            report["seconds_to_ready"] = round(time.monotonic() - begun, 1)
            report |= asdict(region.play(stage, progress))
    except KeyboardInterrupt:
        report["error"] = "interrupted"
    except ERRORS as error:
        # The home is left for whoever looks for the cause.
        report |= {"error": str(error), "home": str(folder)}
    if "home" not in report:
        shutil.rmtree(folder)
    good = "error" not in report
    print(json.dumps({"ok": good, **report}, ensure_ascii=False), flush=True)
    return 0 if good else 1


def _guide(stage: Stage, played: Played, logins: Sequence[Login]) -> str:
    people = "\n".join(
        f"    {login.url}\n        {login.login} / {login.password}   {login.who}"
        for login in logins
    )
    return _(
        """
Carnet est prêt. La lettre est partie de l'hôpital en HL7 et se lit depuis %(seconds).1f s :
%(documents)s, %(messages)s.

  Se connecter
%(people)s

  Pour votre logiciel
    Dossier (SOAP, TLS mutuel)    %(services)s
    Messagerie (SMTP, STARTTLS)   localhost:%(smtp)d
    Pro Santé Connect (OpenID)    %(psc)s
    Ses demandes et sessions      %(sandbox)s
    Hôpital (HL7 v2, MLLP)        127.0.0.1:%(mllp)d
    Certificats                   %(pki)s
    Journaux                      %(logs)s

  À essayer
    Ouvrir la lettre, puis « Accès » : qui l'a vue, et quand.
    Activer un espace : %(activation)s
    CARNET_SECOND_FACTOR=required carnet demo : un code est demandé, qui se lit dans %(mail)s.
    carnet pki issue --help : un certificat de test pour votre logiciel.
    carnet validate UN_FICHIER : ce qu'est un CDA, un XDM, un message HL7, et ce qui cloche.

  Ctrl-C arrête tout ; le prochain démarrage reprend la même région.
"""
    ) % {
        "seconds": played.seconds_to_visible,
        "documents": ngettext(
            "%d document au dossier", "%d documents au dossier", played.documents_published
        )
        % played.documents_published,
        "messages": ngettext("%d message remis", "%d messages remis", played.messages_delivered)
        % played.messages_delivered,
        "people": people,
        "services": stage.addresses.services,
        "psc": stage.addresses.psc,
        "sandbox": f"{stage.addresses.wallet}/bac-a-sable/",
        "smtp": stage.addresses.smtp_port,
        "mllp": stage.addresses.mllp_port,
        "activation": region.activation(stage.addresses),
        "mail": stage.home.mail,
        "pki": stage.home.pki,
        "logs": stage.home.logs,
    }
