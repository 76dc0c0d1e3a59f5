"""The commands that change what visitors get."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from site_builder.cli.built import Built, read_built
from site_builder.cli.environments import Opened, opened, whoever
from site_builder.cli.telling import TerminalTeller, plan_as_values, pointer_as_values, say_json, tell_plan
from site_builder.cli.terminal import OK, say
from site_builder.errors import ReleaseError
from site_builder.release import steps
from site_builder.release.apply import Stores, look, read_manifest
from site_builder.release.artefact import write_names
from site_builder.release.guards import Known, Objection, RefusedError, Wish, objections_to
from site_builder.release.ledger import Verdict
from site_builder.release.manifest import Manifest, manifest_key, seal
from site_builder.release.memory import MemoryKeyValues
from site_builder.release.plan import Origin, Plan, Present, plan_release, redirect_puts
from site_builder.release.pointer import Changes, Pointer, PointerStore, Release
from site_builder.release.previews import Preview, check_label
from site_builder.release.prune import DAY, Keep, look_for_prune, plan_prune, prune
from site_builder.release.steps import Environment, Files
from site_builder.release.verify import SAMPLE, Drift, Question, SiteAddress, api_question, questions, verify_site

LOCAL_STACK = "local"
LOCAL_BUCKET = "zichkoding-local"
DRIFTED = 4
PROJECT = Path(__file__).resolve().parents[2]
SHORTEST_DIGEST = 4
NAMES_FOLDER = Path("dist") / "names"

PLAN = """\
Say what a deploy would do: every upload, copy and write, each with its reason, the bytes and the dollars; and every
objection that the guards would have. Nothing is written."""
DEPLOY = """\
Store output/ as a release beside the others, then point to it. Nothing that is live is touched before the pointer
moves, which is one write. Then the live site is looked at through its address; if it is not what was sealed, the
command goes back to what was live before by itself.

Refused: half a site, more than a tenth of the pages gone (--allow-shrink), a lost address, an older commit than what
is live, a lock, a running canary, the wrong account; on staging and production a folder that differs from its commit;
on production bytes that staging's smoke tests have not passed.

A deploy that died is run again, and goes on where it stopped. `deploy local` serves the whole product, API and
database too, from an S3 on this machine until Ctrl-C."""
PROMOTE = """\
Take the very bytes that are live in one environment to another, inside of S3; nothing is built or uploaded.
`promote staging production` is how a release goes live.

With --commit it takes what was made there of that commit, also if something else is live there by now, and refuses
where nothing was. With --percent it becomes a canary (`canary ENV --finish` or `--abort` ends it); where nothing is
live yet nobody has to be spared, and it goes live."""
NAMED = """\
Write down what a release is called, pages and API each in a file, in the very bytes that `seal` wrote into the
artefact. So who made it can be asked wherever it is live: GitHub attests those files. With --commit it is what was made
there of that commit, as `promote` would take it."""
CANARY = """\
Store output/ and give it to a share of the viewers, each of them always or never; everybody else gets what is live.
Then --finish makes it live for all, or --abort takes it away; both are one write."""
PREVIEW = """\
Store output/ and show it at https://NAME.preview.<host>/, for some days, to whoever knows the name. Previews are
kept out of production, whose pages may be indexed. --remove lets the name lead nowhere."""
ROLLBACK = """\
Point to a release that is kept: the one that was live before the last deploy, one named by its digest, or what was
live after move N (`publish.py releases ENV` lists them). One write, no upload; a canary ends by it.

Run twice it stays where it is. The next deploy goes live again as always: `lock ENV` keeps it out meanwhile."""
PRUNE = """\
Delete releases that are neither served nor previewed, were not live within --days and are not among the last --keep
that were; what deploys left that died a day ago; and assets that no kept release shows. Nothing else here deletes.
The environment is locked while it works."""
LOCK = (
    "Keep every deploy, promotion, rollback, canary and prune out until `unlock`; all are told who, since when and why."
)
UNLOCK = "Take a lock away, whoever it is of; the ledger keeps that as well."
CLOSE = """\
Answer every page with the site's own 503 page, and Retry-After, until `open`; the styles go on. One write, for when
something behind the site must rest. The live release must have a 503.html."""
OPEN = "Open a site again that was closed: everybody gets the live release again within seconds."
VERDICT = """\
Keep what the smoke tests said of a release. Production takes only what they have passed on staging:

  make smoke URL=… && publish.py verdict staging passed || publish.py verdict staging failed"""


def plan(arguments: argparse.Namespace) -> int:
    """Say what a deploy would do, and what the guards would say to it."""
    if arguments.environment == LOCAL_STACK:
        manifest = seal(arguments.output)
        with _local_stores() as stores:
            present = look(manifest, stores)
        _tell(plan_release(manifest, present, Pointer(Release(manifest.digest))), arguments)
        return OK
    with _parts_of(arguments.environment, arguments) as there:
        built = read_built(there, arguments)
        _say_what_would_be(there, _wish(there, built, arguments), built.files, arguments)
    return OK


@contextmanager
def _parts_of(environment: str, arguments: argparse.Namespace) -> Iterator[Opened]:
    """Open an environment; where only the pages are meant, as if it were a site alone."""
    with opened(environment, arguments.environments) as there:
        yield there.without_api() if arguments.site_only else there


def _say_what_would_be(there: Opened, wish: Wish, files: Files, arguments: argparse.Namespace) -> None:
    repair = getattr(arguments, "repair", False)
    present = look(wish.manifest, there.stores, thoroughly=repair, package=wish.release.api)
    seen = present.pointer
    release = Environment(there.descriptor.name, there.stores, "", TerminalTeller()).whole(wish.release, seen)
    new = seen if seen.bytes == release.bytes else Pointer(release, None, seen.lock, seen.move)
    origin = Origin(files.bucket, files.package, repair)
    planned = plan_release(wish.manifest, present, new, _brought(wish.manifest, seen), origin)
    _tell(planned, arguments)
    objections = tuple(objections_to(wish, present)) if planned.actions else ()
    if objections:
        raise RefusedError(there.descriptor.name, objections)


def _brought(manifest: Manifest, seen: Pointer) -> Changes:
    return Changes() if manifest.digest in seen.digests else Changes(redirect_puts(manifest))


def _tell(planned: Plan, arguments: argparse.Namespace) -> None:
    if arguments.json:
        say_json(plan_as_values(planned))
    else:
        tell_plan(planned, whole=True)


def deploy(arguments: argparse.Namespace) -> int:
    """Make output/ live."""
    if arguments.dry_run:
        return plan(arguments)
    if arguments.environment == LOCAL_STACK:
        return _deploy_whole_stack(seal(arguments.output), arguments)
    with _parts_of(arguments.environment, arguments) as there:
        built = read_built(there, arguments)
        wish = _wish(there, built, arguments)
        env = _environment(there, arguments, f"Make it live on {arguments.environment}?")
        seen = steps.make_live(env, wish, built.files, repair=arguments.repair)
        return _end_deploy(there, env, seen, wish, arguments)


def promote(arguments: argparse.Namespace) -> int:
    """Take what is live in one environment to another."""
    if arguments.source == arguments.environment:
        raise ReleaseError("promote", "FROM and TO are the same", "Name two environments.")
    with (
        opened(arguments.source, arguments.environments) as source,
        _parts_of(arguments.environment, arguments) as there,
    ):
        live = _promoted(source, arguments)
        if arguments.api_only:
            live = _with_pages_of(there, live)
        manifest = read_manifest(live.digest, (there if arguments.api_only else source).stores.objects)
        if manifest is None or manifest.digest != live.digest:
            how = "is missing" if manifest is None else f"is that of {manifest.digest}: somebody has changed it"
            what = f"its manifest {manifest_key(live.digest)} {how}"
            raise ReleaseError(arguments.source, what, f"Run `publish.py verify {arguments.source}`.")
        wish = Wish(
            there.descriptor.stage,
            manifest,
            live,
            built_here=False,
            known=lambda: _known(there, live, arguments.environments),
            allow_shrink=arguments.allow_shrink,
        )
        files = Files(bucket=source.stores.objects.bucket)
        if arguments.dry_run:
            _say_what_would_be(there, wish, files, arguments)
            return OK
        env = _environment(there, arguments, f"Make it live on {arguments.environment}?")
        before = there.stores.pointer.read()
        if arguments.percent is not None and before.live and before.bytes != env.whole(live, before).bytes:
            steps.start_canary(env, wish, arguments.percent, files)
            words = f"{arguments.percent} % of the viewers get {live.name}."
            return _say_pointer(there.stores.pointer.read(), arguments, words)
        seen = steps.make_live(env, wish, files)
        return _end_deploy(there, env, seen, wish, arguments)


def name_release(arguments: argparse.Namespace) -> int:
    """Write down what a release is called, as it was sealed."""
    with opened(arguments.source, arguments.environments) as source:
        release = _promoted(source, arguments)
    files = write_names(arguments.to, release.digest, release.commit, release.api)
    values = {"release": release.digest, "commit": release.commit, "api": release.api}
    return say_values(values, arguments, f"{release.name} of {release.commit}: {', '.join(map(str, files))}")


def _with_pages_of(there: Opened, release: Release) -> Release:
    """Return the release with the pages that are live in an environment."""
    live = there.stores.pointer.read().live
    if live is None or there.descriptor.api is None:
        what = "it has no API" if live else "there are no live pages that the API could go with"
        raise ReleaseError(there.descriptor.name, what, "Leave --api-only out.")
    return replace(release, digest=live.digest)


def _promoted(source: Opened, arguments: argparse.Namespace) -> Release:
    """Return what is to be promoted: what is live, or what was made of a commit."""
    now, name = source.stores.pointer.read(), arguments.source
    if arguments.commit is None:
        if now.live is None:
            raise ReleaseError(name, "nothing is live there", f"Run `publish.py deploy {name}`.")
        return now.live
    for pointer in source.stores.ledger.moves(now):
        if pointer.live and pointer.live.commit == arguments.commit:
            return pointer.live
    what = f"nothing was live there that was made of commit {arguments.commit}"
    raise ReleaseError(name, what, f"Push that very commit to the branch of {name} first, and let it go through.")


def _end_deploy(there: Opened, env: Environment, seen: Pointer, wish: Wish, arguments: argparse.Namespace) -> int:
    """Look at the live site, and go back if it is not what was sealed; say how it ended."""
    done = env.tell.plan if isinstance(env.tell, TerminalTeller) else None
    # Whoever looks at a closed site sees that it is closed, and nothing of what was sealed.
    changed = bool(done and done.actions) and not seen.closed
    drift: tuple[Drift, ...] = ()
    if changed and not arguments.no_verify:
        if not arguments.json:
            say(f"Looking at {there.descriptor.site_url} …")
        address = SiteAddress(there.descriptor.site_url)
        try:
            asked = [*questions(wish.manifest, SAMPLE), *_asked_of_api(env)]
            drift = verify_site(asked, address, env.stores, patience=arguments.patience)
        finally:
            address.close()
    back = _go_back(env, seen, wish) if drift else None
    if arguments.json:
        values = plan_as_values(done) if done else {}
        say_json({**values, "drift": [vars(one) for one in drift], "rolled_back_to": back})
    elif drift:
        for one in drift:
            say(f"  {one.where}: {one.what}")
        say(f"The live site is not what was sealed. {_went(back)}")
    elif changed and not arguments.no_verify:
        say("The live site is what was sealed.")
    return DRIFTED if drift else OK


def _asked_of_api(env: Environment) -> list[Question]:
    """Ask the API which version it is, where one is live."""
    live = env.stores.pointer.read().live
    if env.stores.functions is None or live is None or live.api is None:
        return []
    return [api_question(env.stores.functions.look().versions.get(live.api, ""))]


def _went(back: str | None) -> str:
    return f"Went back to {back}." if back else "There is nothing to go back to; it stays."


def _go_back(env: Environment, seen: Pointer, wish: Wish) -> str | None:
    """Point to what was live before, unless somebody else has done something meanwhile."""
    now = env.stores.pointer.read()
    made = env.whole(wish.release, seen).bytes
    if seen.live is None or seen.bytes == made or now.bytes != made:
        return None
    back = Environment(env.name, env.stores, env.by, env.tell, "the live site was not what was sealed")
    steps.roll_back(back, seen.live)
    return seen.live.digest


def canary(arguments: argparse.Namespace) -> int:
    """Begin, change or end a canary."""
    with opened(arguments.environment, arguments.environments) as whole:
        # What has begun with the API ends with it.
        there = whole.without_api() if arguments.percent is not None and arguments.site_only else whole
        env = _environment(there, arguments, f"Change the canary on {arguments.environment}?")
        if arguments.finish or arguments.abort:
            if arguments.dry_run:
                raise ReleaseError("canary", "ending one is a single write", "See `publish.py status` instead.")
            pointer = steps.end_canary(env, finish=arguments.finish)
            return _say_pointer(pointer, arguments, f"The canary has ended; {pointer.digest} is live for everybody.")
        built = read_built(there, arguments)
        wish = _wish(there, built, arguments)
        if arguments.dry_run:
            _say_what_would_be(there, wish, built.files, arguments)
            return OK
        steps.start_canary(env, wish, arguments.percent, built.files)
        pointer = env.stores.pointer.read()
        return _say_pointer(pointer, arguments, f"{arguments.percent} % of the viewers get {wish.release.name}.")


def preview(arguments: argparse.Namespace) -> int:
    """Show a release under a name of its own, or end that."""
    if bool(arguments.label) == bool(arguments.remove):
        raise ReleaseError("preview", "it needs one name", "Write `preview NAME` or `preview --remove NAME`.")
    label = check_label(arguments.label or arguments.remove)
    with opened(arguments.environment, arguments.environments) as there:
        if there.descriptor.stage == "production":
            what = "its pages may be indexed, and a preview's must not"
            raise RefusedError("production", (Objection("preview", what, "Leave --in away: previews are on dev."),))
        env = _environment(there, arguments, None)
        if arguments.remove:
            steps.remove_preview(env, label)
            return say_values({"preview": label, "url": None}, arguments, f"{label} leads nowhere now.")
        built = read_built(there, arguments, pages_only=True)
        wish = _wish(there, built, arguments, for_visitors=False)
        if arguments.dry_run:
            _say_what_would_be(there.without_api(), wish, built.files, arguments)
            return OK
        until = int(there.stores.clock.now()) + arguments.days * DAY
        steps.show_preview(env, wish, Preview(label, wish.release.digest, until, env.by), built.files)
        scheme = there.descriptor.site_url.partition("//")[0]
        url = f"{scheme}//{label}.{there.descriptor.preview_host}/"
        return say_values(
            {"preview": label, "url": url, "until": until, "release": wish.release.digest},
            arguments,
            f"{wish.release.digest} is at {url} for {arguments.days} days.",
        )


def rollback(arguments: argparse.Namespace) -> int:
    """Go back to a release that is kept."""
    with _parts_of(arguments.environment, arguments) as there:
        before = there.stores.pointer.read()
        target = _target(there.stores, arguments)
        if arguments.api_only:
            target = replace(_with_pages_of(there, target), commit=before.live.commit if before.live else None)
        whole = _environment(there, arguments, None).whole(target, before)
        if arguments.dry_run:
            values = {"release": whole.digest, "api": whole.api}
            return say_values(values, arguments, f"It would go back to {whole.name}.")
        env = _environment(there, arguments, f"Go back to {whole.name} on {arguments.environment}?")
        pointer = steps.roll_back(env, target)
        if pointer == before:
            return _say_pointer(pointer, arguments, f"{whole.name} is live already: this was done before.")
        went = f"Went back from {before.live.name if before.live else 'nothing'} to {whole.name}."
        words = f"{went} `publish.py lock` keeps the next deploy out."
        return _say_pointer(pointer, arguments, words)


def _target(stores: Stores, arguments: argparse.Namespace) -> Release:
    now = stores.pointer.read()
    if arguments.to:
        found = stores.ledger.move(arguments.to, now)
        if found is None or found.live is None:
            todo = f"See `publish.py releases {arguments.environment}`."
            raise ReleaseError(f"move {arguments.to}", "nothing was live after it, or there was none", todo)
        return found.live
    if arguments.release:
        return _named_release(stores, now, arguments.release, arguments.environment)
    before = steps.release_before(stores)
    if before is None:
        raise ReleaseError(arguments.environment, "nothing was live before", "There is nothing to go back to.")
    return before


def _named_release(stores: Stores, now: Pointer, name: str, environment: str) -> Release:
    """Find a release by the beginning of its digest among those that were live."""
    todo = f"See `publish.py releases {environment}`."
    if len(name) < SHORTEST_DIGEST:
        raise ReleaseError(name, f"give at least {SHORTEST_DIGEST} letters of its digest", todo)
    # The last that was live of those that share their pages.
    found = {one.live.digest: one.live for one in reversed([*stores.ledger.moves(now)]) if one.live}
    fitting = [release for digest, release in found.items() if digest.startswith(name)]
    if len(fitting) != 1:
        what = "no release that was live begins so" if not fitting else f"{len(fitting)} releases begin so"
        raise ReleaseError(name, what, todo)
    return fitting[0]


def prune_releases(arguments: argparse.Namespace) -> int:
    """Delete what nobody needs any more."""
    keep = Keep(arguments.keep, arguments.days)
    with opened(arguments.environment, arguments.environments) as there:
        planned, _ = plan_prune(look_for_prune(there.stores, keep), there.stores.clock.now(), keep)
        if not arguments.dry_run:
            # Whoever is asked may take their time: the environment is locked only after they have answered.
            asking = _environment(there, arguments, f"Delete these from {arguments.environment} for good?")
            if planned.actions:
                asking.tell.planned(planned, Present(there.stores.pointer.read(), None, None, not_found_page_fits=True))
            there.refuse_wrong_account()
            planned = prune(replace(asking, tell=TerminalTeller(quiet=True)), keep)
    deleted = sum(len(action.keys) for action in planned.actions if hasattr(action, "keys"))
    words = "would be deleted" if arguments.dry_run else "deleted"
    if arguments.dry_run and not arguments.json and planned.actions:
        tell_plan(planned, whole=True)
    return say_values(plan_as_values(planned), arguments, f"{deleted:,} objects {words}.")


def lock(arguments: argparse.Namespace) -> int:
    """Keep everybody from changing what is live."""
    return _lock_or_unlock(arguments, steps.lock, "It is locked; `publish.py unlock` lets everybody in again.")


def unlock(arguments: argparse.Namespace) -> int:
    """Let everybody change what is live again."""
    return _lock_or_unlock(arguments, steps.unlock, "It is not locked any more.")


def _lock_or_unlock(arguments: argparse.Namespace, step: Callable[[Environment], object], words: str) -> int:
    with opened(arguments.environment, arguments.environments) as there:
        there.refuse_wrong_account()
        env = Environment(arguments.environment, there.stores, whoever(), TerminalTeller(quiet=True), arguments.why)
        step(env)
        return _say_pointer(there.stores.pointer.read(), arguments, words)


def close(arguments: argparse.Namespace) -> int:
    """Close a site."""
    return _lock_or_unlock(arguments, lambda env: steps.close(env, closed=True), "It is closed; `open` opens it again.")


def open_again(arguments: argparse.Namespace) -> int:
    """Open a site again."""
    return _lock_or_unlock(arguments, lambda env: steps.close(env, closed=False), "It is open.")


def verdict(arguments: argparse.Namespace) -> int:
    """Keep what the smoke tests said of a release."""
    with opened(arguments.environment, arguments.environments) as there:
        there.refuse_wrong_account()
        release = _judged(there.stores, arguments)
        said = Verdict(arguments.verdict == "passed", whoever(), int(there.stores.clock.now()), arguments.why)
        there.stores.ledger.judge(release, said)
        values = {"release": release.digest, "api": release.api, **vars(said)}
        return say_values(values, arguments, f"The smoke tests {arguments.verdict} on {release.name}.")


def _judged(stores: Stores, arguments: argparse.Namespace) -> Release:
    """Return the release that a verdict is of: the live one, or the last that was live of the named pages."""
    now = stores.pointer.read()
    release = now.live
    if arguments.release:
        was_live = (one.live for one in stores.ledger.moves(now) if one.digest == arguments.release)
        release = next(was_live, None) or Release(arguments.release)
    if release is None or not stores.objects.head(manifest_key(release.digest)):
        what = f"there is no release {release.digest}" if release else "nothing is live"
        raise ReleaseError(arguments.environment, what, f"See `publish.py releases {arguments.environment}`.")
    return release


def _environment(there: Opened, arguments: argparse.Namespace, question: str | None) -> Environment:
    """Return the environment as the steps need it; before the first write the account is asked for, and the person."""
    teller = TerminalTeller(there.refuse_wrong_account, None if arguments.yes else question, quiet=arguments.json)
    return Environment(there.descriptor.name, there.stores, whoever(), teller, arguments.why)


def _wish(there: Opened, built: Built, arguments: argparse.Namespace, *, for_visitors: bool = True) -> Wish:
    return Wish(
        there.descriptor.stage,
        built.manifest,
        built.release,
        built.commit,
        known=lambda: _known(there, built.release, arguments.environments),
        allow_shrink=arguments.allow_shrink,
        for_visitors=for_visitors,
    )


def _known(there: Opened, release: Release, folder: Path | None) -> Known:
    """Look up what must not be lost, and, for production, what the smoke tests said."""
    from site_builder.sources.addresses import read_addresses  # noqa: PLC0415 - only whoever changes something needs it

    listed = frozenset(one.path for one in read_addresses(Path("content")).listed if not one.gone)
    return Known(listed, _verdict(there, release, folder))


def _verdict(there: Opened, release: Release, folder: Path | None) -> Verdict | None:
    """Ask staging what its smoke tests said; only production wants to know."""
    if there.descriptor.stage != "production":
        return None
    # Pages and API were tested together; whichever of them stays is part of what goes live.
    live = there.stores.pointer.read().live
    whole = replace(release, api=release.api if there.stores.functions and release.api else live.api if live else None)
    staging = there.descriptor.name.replace("production", "staging")
    with opened(staging, folder) as other:
        ledger = other.stores.ledger
        # Where the API stays, pages will do that were judged alone, as a preview: it was judged when it went live.
        alone = None if there.stores.functions else ledger.verdict(Release(release.digest))
        return ledger.verdict(whole) or alone


def _say_pointer(pointer: Pointer, arguments: argparse.Namespace, words: str) -> int:
    return say_values(pointer_as_values(pointer), arguments, words)


def say_values(values: Mapping[str, object], arguments: argparse.Namespace, words: str) -> int:
    """Say how it ended, to a person or to a machine."""
    if arguments.json:
        say_json(values)
    else:
        say(words)
    return OK


@contextmanager
def _local_stores() -> Iterator[Stores]:
    """Open an S3 on this machine that is empty at every start, and a pointer in memory."""
    from site_builder.cli.environments import SystemClock  # noqa: PLC0415 - beside what it is for
    from site_builder.preview.buckets import running_s3  # noqa: PLC0415 - moto takes a second to import
    from site_builder.release import aws  # noqa: PLC0415 - and botocore a part of one

    with running_s3() as endpoint:
        aws.make_bucket(LOCAL_BUCKET, endpoint)
        objects = aws.Account(access=aws.LOCAL_ACCESS).objects(LOCAL_BUCKET, endpoint)
        clock = SystemClock()
        yield Stores(objects, PointerStore(MemoryKeyValues(), clock), clock)
        objects.close()


def _deploy_whole_stack(manifest: Manifest, arguments: argparse.Namespace) -> int:
    from site_builder.preview.instance import announce, only_instance  # noqa: PLC0415
    from site_builder.preview.origin import StoreOrigin  # noqa: PLC0415
    from site_builder.preview.stack import Project, running_stack, wait_for_stop  # noqa: PLC0415

    project = Project(PROJECT, arguments.state.absolute())
    with only_instance(project.local / "up.lock") as held, _local_stores() as stores:
        teller = TerminalTeller(quiet=arguments.json)
        wish = Wish("dev", manifest, Release(manifest.digest))
        steps.make_live(Environment(LOCAL_STACK, stores, whoever(), teller), wish, Files(arguments.output))
        with running_stack(
            project, StoreOrigin(stores.objects), stores.pointer.items, port=arguments.port, report=say
        ) as stack:
            announce(held, stack.server.url)
            say(f"\n  Release {manifest.digest} is served at {stack.server.url}/")
            say(f"  The database is at {stack.database.url()}\n\n  Ctrl-C stops everything.")
            wait_for_stop()
            say("\nStopping …")
    return OK
