#!/usr/bin/env python3
"""Writes the suite's configuration for Xinshu: config.py ISSUER PASSWORD CLIENT.json CLIENT2.json POST.json

CLIENT.json is what `xinshu client add … --json` printed; POST.json is the client that
sends its secret in the form. The browser blocks know our pages: if a page changes, they do.
"""
import json
import sys

ALIAS = "xinshu"
issuer, password, *files = sys.argv[1:]
authorize, logout = f"{issuer}/oauth2/authorize*", f"{issuer}/oauth2/logout*"


def client(file):
    added = json.load(open(file))
    return {name: added[name] for name in ("client_id", "client_secret")}


def wait_for(text, picture="update-image-placeholder"):
    """Waits for a page with the text, and keeps a picture for the person who reviews it."""
    return ["wait", "xpath", "//*", 10, text, picture]


def sign_in(keep_picture=False):
    picture = [wait_for("Sign in", "update-image-placeholder-optional")] if keep_picture else []
    form = [
        ["text", "id", "username", "alice"],
        ["text", "id", "password", password],
        ["click", "css", "form button[type=submit]"],
    ]
    allow = [["click", "css", "button[value=allow]"]]
    returned = [["wait", "id", "submission_complete", 10]]
    return {
        "match": authorize,
        "tasks": [
            {"task": "Sign in", "optional": True, "match": f"{issuer}/sign-in*", "commands": picture + form},
            {"task": "Consent", "optional": True, "match": f"{issuer}/oauth2/*", "commands": allow},
            {"task": "Back", "match": f"*/test/a/{ALIAS}/callback*", "commands": returned},
        ],
    }


def page(match, text, *before):
    """A page that ends the module."""
    return {"match": match, "tasks": [*before, {"task": text, "match": match, "commands": [wait_for(text)]}]}


confirm = {
    "task": "Confirm",
    "optional": True,
    "match": logout,
    "commands": [["click", "css", "form button[type=submit]", "optional"]],
}
back = {"task": "Back", "match": f"*/test/a/{ALIAS}/post_logout_redirect*", "commands": []}

REFUSED = "cannot be handled"
override = {}
for module in ("prompt-login", "max-age-1"):
    override[f"oidcc-{module}"] = {"browser": [sign_in(keep_picture=True)]}
for module in (
    "ensure-registered-redirect-uri",
    "ensure-request-object-with-redirect-uri",
    "ensure-redirect-uri-in-authorization-request",
    "redirect-uri-query-added",
    "redirect-uri-query-mismatch",
):
    override[f"oidcc-{module}"] = {"browser": [page(authorize, REFUSED)]}
for module in (
    "bad-post-logout-redirect-uri",
    "query-added-to-post-logout-redirect-uri",
    "modified-id-token-hint",
    "bad-id-token-hint",
    "no-id-token-hint",
):
    override[f"oidcc-rp-initiated-logout-{module}"] = {"browser": [sign_in(), page(logout, f"{REFUSED}|Reason")]}
for module in ("no-params", "no-post-logout-redirect-uri", "only-state"):
    override[f"oidcc-rp-initiated-logout-{module}"] = {
        "browser": [sign_in(), page(logout, "You are signed out", confirm)]
    }

basic, second, post = (client(file) for file in files)
json.dump(
    {
        "alias": ALIAS,
        "description": "Xinshu",
        "server": {"discoveryUrl": f"{issuer}/.well-known/openid-configuration", "login_hint": "alice"},
        "client": basic,
        "client2": second,
        "client_secret_post": post,
        "browser": [sign_in(), {"match": logout, "tasks": [confirm, back]}],
        "options": {"browsercontrol_css_enable": False},
        "override": override,
    },
    sys.stdout,
    indent=1,
)
