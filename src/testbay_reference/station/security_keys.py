"""The configuration keys of the security whitepaper, section 7."""

from testbay_reference.station.keys import Check, Key, boolean, integer
from testbay_reference.station.options import StationOptions
from testbay_reference.station.passwords import authorization_key, password_text

MAX_CHAIN = 10_000  # characters, the most that OCPP allows
MAX_CERTIFICATES = 10
MAX_NAME = 64  # of an organizationName in a certificate (RFC 5280, appendix A.1)


def name(value: str) -> str:
    """Accept what can stand in the organizationName of a certificate."""
    if len(value) > MAX_NAME:
        raise ValueError(f"it must have {MAX_NAME} characters at most")
    return value


def at_most(limit: int) -> Check:
    """Accept whole numbers from 1 up to a limit."""
    whole = integer(1)

    def check(value: str) -> str:
        if int(whole(value)) > limit:
            raise ValueError(f"it must be {limit} or less")
        return whole(value)

    return check


def security_keys(options: StationOptions) -> tuple[Key, ...]:
    """Return the keys of a station that has these security profiles."""
    profiles = options.security_profiles
    if not profiles:
        return ()
    raised = options.profile_change == "reboot"
    keys = (
        Key("AdditionalRootCertificateCheck", boolean, "false", False),
        Key("AuthorizationKey", authorization_key, password_text(options.password), secret=True),
        Key("CertificateSignedMaxChainSize", at_most(MAX_CHAIN), str(MAX_CHAIN), False),
        Key("CertificateStoreMaxLength", integer(1), str(MAX_CERTIFICATES), False),
        Key("CpoName", name, ""),
        Key("SecurityProfile", integer(), str(options.security_profile), reboot=raised),
    )
    absent = ("AuthorizationKey",) if profiles == (3,) else ()
    return tuple(key for key in keys if key.name not in absent)
