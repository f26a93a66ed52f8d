"""Adapts a checkout of the conformance suite so that it builds from public registries: adapt.py CHECKOUT

Only what concerns mobile documents and compiler warnings changes; nothing of OpenID Connect.
"""
import pathlib
import re
import sys

root = pathlib.Path(sys.argv[1])


def edit(path, *steps):
    text = path.read_text()
    for pattern, replacement in steps:
        text, count = re.subn(pattern, replacement, text, flags=re.S)
        if not count:
            sys.exit(f"{path.name}: nothing matches {pattern!r}; this is another version of the suite")
    path.write_text(text)


no_android = (
    "<exclusions><exclusion><groupId>com.android.keyattestation</groupId>"
    "<artifactId>*</artifactId></exclusion></exclusions>"
)
edit(
    root / "pom.xml",
    # 0.99.0 is not served, and the utopia types are not in any served version.
    (r"(<artifactId>multipaz-(?:doctypes-)?jvm</artifactId>\s*<version>)[^<]+(</version>)", rf"\g<1>0.102.0\g<2>{no_android}"),
    (r"<dependency>\s*<groupId>org\.multipaz</groupId>\s*<artifactId>multipaz-utopia-jvm</artifactId>.*?</dependency>", ""),
    (r"<jvmTarget>17</jvmTarget>", "<jvmTarget>21</jvmTarget>"),
    # Error Prone and -Werror only cost time here.
    (r"<compilerArgs>.*?</compilerArgs>", "<compilerArgs><arg>-nowarn</arg></compilerArgs>"),
    (r"<annotationProcessorPaths>.*?</annotationProcessorPaths>", "<proc>none</proc>"),
)
edit(
    next(root.rglob("TestAppUtils.kt")),
    (r"import [\w.]+\.UtopiaMovieTicket\n", ""),
    (r",\s*UtopiaMovieTicket\.getDocumentType\(\)(?=\s*\))", ""),
    (r"UtopiaMovieTicket\.getDocumentType\(\)", "EUPersonalID.getDocumentType()"),
    (r"(getAttestation\(\)\.publicKey)", r"\1 as org.multipaz.crypto.EcPublicKey"),
)
