"""The program: `inbox serve` and its siblings."""

from __future__ import annotations

import argparse
import asyncio
import gc
import signal
import sys
from collections.abc import Awaitable, Sequence
from importlib import import_module
from pathlib import Path

import uvloop

from inbox.errors import InboxError
from inbox.signals import heed


def main(argv: Sequence[str] | None = None) -> None:
    """Run a command; errors on purpose end with one sentence and status 1."""
    arguments = _parser().parse_args(argv)
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            status = runner.run(_in_good_order(arguments.run(arguments)))
    except InboxError as error:
        print(f"inbox: {error}", file=sys.stderr)
        status = 1
    except KeyboardInterrupt:
        status = 128 + signal.SIGINT
    except asyncio.CancelledError:
        status = 128 + signal.SIGTERM
    sys.exit(status)


async def _in_good_order(command: Awaitable[int]) -> int:
    """Let a signal end a command as Ctrl-C does: a database that it had started would else go on without it."""
    if (task := asyncio.current_task()) is not None:
        heed(lambda _: task.cancel(), (signal.SIGTERM, signal.SIGHUP))
    return await command


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="inbox", description="One live queue for everything that a crowd writes.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    serve = commands.add_parser("serve", help="serve the API and the desk; with the work beside it, in one process")
    serve.add_argument("--role", choices=["all", "api"], default="all", help="api: without the work")
    serve.set_defaults(run=_serve)
    commands.add_parser("demo", help="serve with believable data and a small crowd that keeps writing").set_defaults(
        run=_demo
    )
    commands.add_parser("work", help="only deliver, fetch, ring and assign").set_defaults(run=_work)
    commands.add_parser("migrate", help="bring the database up to date").set_defaults(run=_migrate)
    commands.add_parser("channels", help="list the installed channels").set_defaults(run=_channels)
    _with_file(commands, "backup", "write database and attachments to FILE", _backup)
    _with_file(commands, "restore", "read FILE into an empty place", _restore)
    openapi = commands.add_parser("openapi", help="write openapi/inbox.json and openapi/events.schema.json")
    openapi.add_argument("--check", action="store_true", help="only tell whether they are current")
    openapi.set_defaults(run=_openapi)
    admin = commands.add_parser("admin", help="administer from the terminal")
    actions = admin.add_subparsers(required=True, metavar="ACTION")
    reset = actions.add_parser("reset", help="print a link by which a manager chooses a new password")
    reset.add_argument("email")
    reset.set_defaults(run=_reset)
    return parser


def _with_file(
    commands: argparse._SubParsersAction[argparse.ArgumentParser], name: str, text: str, run: object
) -> None:
    command = commands.add_parser(name, help=text)
    command.add_argument("file", type=Path)
    command.set_defaults(run=run)


async def _serve(arguments: argparse.Namespace) -> int:
    from inbox.foundation import laid
    from inbox.settings import read_settings

    rest = _read_ahead("inbox.serve")
    async with laid(read_settings()) as foundation:
        await rest
        from inbox.serve import serve

        return await serve(foundation, with_work=arguments.role == "all")


async def _demo(_: argparse.Namespace) -> int:
    from inbox.foundation import demo_settings, laid
    from inbox.settings import read_settings

    rest = _read_ahead("inbox.serve")
    async with laid(demo_settings(read_settings())) as foundation:
        await rest
        from inbox.serve import demo

        return await demo(foundation)


def _read_ahead(module: str) -> Awaitable[object]:
    """Import a module in a thread: reading the program takes about as long as the database takes to start."""
    return asyncio.get_running_loop().run_in_executor(None, _read, module)


def _read(module: str) -> None:
    gc.disable()  # what is read here never goes away: the collector would walk it a hundred times in vain
    try:
        import_module(module)
    finally:
        gc.freeze()
        gc.enable()


async def _work(_: argparse.Namespace) -> int:
    from inbox.serve import work

    return await work()


async def _migrate(_: argparse.Namespace) -> int:
    from inbox.bootstrap import running
    from inbox.settings import read_settings

    async with running(read_settings()):
        print("The database is up to date.")
    return 0


async def _channels(_: argparse.Namespace) -> int:
    from inbox.channel.registry import installed

    for kind, channel in installed().items():
        print(f"{kind:<12} {channel.title['en']}")
    return 0


async def _backup(arguments: argparse.Namespace) -> int:
    from inbox.backup import backup
    from inbox.settings import read_settings

    print(await backup(read_settings(), arguments.file))
    return 0


async def _restore(arguments: argparse.Namespace) -> int:
    from inbox.backup import restore
    from inbox.settings import read_settings

    print(await restore(read_settings(), arguments.file))
    return 0


async def _openapi(arguments: argparse.Namespace) -> int:
    from inbox.openapi import check_documents, write_documents

    print((check_documents if arguments.check else write_documents)(Path("openapi")))
    return 0


async def _reset(arguments: argparse.Namespace) -> int:
    from inbox.bootstrap import beside
    from inbox.settings import read_settings

    async with beside(read_settings()) as service:
        print(await service.reset_link(arguments.email))
    return 0
