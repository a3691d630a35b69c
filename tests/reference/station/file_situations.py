"""Situations in which the faults of firmware, diagnostics and logs can be seen."""

from file_lab import DIAGNOSTICS, GARBAGE, LOG, PLAIN, SIGNED, beside, images

LATER = "2030-01-01T00:05:00Z"


def _seen(files):
    """Return what the CSMS and the file server know."""
    reports = [
        (call.action, call.payload, call.time)
        for call in files.peer.sent(PLAIN, SIGNED, DIAGNOSTICS, LOG)
    ]
    stored = [(upload.name, upload.path.read_text()) for upload in files.server.uploads()]
    return reports, stored, files.versions, files.said, files.server.fetched("fw.bin")


async def updates(bench):
    async with beside(bench) as files:
        await files.update()
        await files.settle()
        return _seen(files)


async def finds_no_firmware(bench):
    async with beside(bench) as files:
        await files.update(files.location("nothing", None), retries=1)
        await files.settle()
        return _seen(files)


async def updates_with_garbage(bench):
    async with beside(bench) as files:
        await files.update(files.location("bad", GARBAGE))
        await files.settle()
        return _seen(files), files.peer.statuses()


async def updates_later(bench):
    async with beside(bench) as files:
        await files.signed_update(at=LATER, install="2030-01-01T00:10:00Z")
        await files.settle(1000)
        return _seen(files)


async def updates_while_it_charges(bench):
    async with beside(bench) as files:
        await bench.charge()
        await files.update()
        await files.settle()
        return _seen(files)


async def updates_with_a_wrong_signature(bench):
    async with beside(bench) as files:
        await files.signed_update(signature=images.spoiled("AAAA"))
        await files.settle()
        return _seen(files)


async def updates_with_a_wrong_certificate(bench):
    async with beside(bench) as files:
        status = await files.signed_update(flaw="unknown_root")
        await files.settle()
        return status, _seen(files)


async def updates_anew(bench):
    async with beside(bench) as files:
        await files.signed_update(install=LATER)
        await files.settle(10)
        await files.signed_update(files.location("nothing", None), retries=0)
        await files.settle(1000)
        return _seen(files)


async def uploads(bench):
    async with beside(bench) as files:
        await files.diagnostics()
        await files.settle()
        return _seen(files)


async def uploads_in_vain(bench):
    async with beside(bench) as files:
        await files.diagnostics(files.server.place("diagnostics", "http", takes=False), retries=1)
        await files.settle()
        return _seen(files)


async def uploads_its_log(bench):
    async with beside(bench) as files:
        await files.log()
        await files.settle()
        return _seen(files)


FILE_SITUATIONS = {
    "transfer-not-repeated": uploads_in_vain,
    "transfer-repeated-too-often": uploads_in_vain,
    "uploads-nothing": uploads,
    "uploads-empty-file": uploads,
    "uploads-under-other-name": uploads,
    "upload-failure-ignored": uploads_in_vain,
    "uploads-diagnostics-as-security-log": uploads_its_log,
    "firmware-not-downloaded": updates,
    "firmware-made-up": updates,
    "download-failure-ignored": finds_no_firmware,
    "retrieve-date-ignored": updates_later,
    "install-date-ignored": updates_later,
    "invalid-firmware-installed": updates_with_garbage,
    "signing-certificate-ignored": updates_with_a_wrong_certificate,
    "firmware-signature-ignored": updates_with_a_wrong_signature,
    "firmware-interrupts-transactions": updates_while_it_charges,
    "firmware-update-without-reboot": updates,
    "firmware-update-not-canceled": updates_anew,
    "firmware-version-unchanged": updates,
    "installed-not-reported": updates,
    "stays-unavailable-after-update": updates_with_garbage,
}
