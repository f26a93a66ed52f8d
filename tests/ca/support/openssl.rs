//! The `openssl` command.

use std::{path::Path, process::Command};

use testkit::run;

/// OpenSSL, which shall not go by a proxy.
pub(crate) fn openssl() -> Command {
    let mut command = Command::new("openssl");
    for name in ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY"] {
        command.env_remove(name);
    }
    command
}

/// Certificates as `openssl x509 -text` shows them.
pub(crate) fn shown(file: &Path) -> String {
    run(openssl().args(["x509", "-noout", "-text", "-in"]).arg(file))
        .success()
        .text()
}
