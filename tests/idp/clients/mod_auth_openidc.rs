//! Apache's mod_auth_openidc protects a page; a person reaches it with Chromium.

use std::{
    path::Path,
    process::{Child, Command, Stdio},
};

use testkit::{Options, Server, Xinshu, cache, free_port, run, wait_until};

use crate::{XINSHU, key_pin};

/// A running Apache; ends with its owner.
struct Apache {
    process: Child,
    page: String,
}

impl Apache {
    fn start(node: &Xinshu, server: &Server, port: u16, client: &serde_json::Value) -> Self {
        let folder = node.file("apache");
        let site = folder.join("site/protected");
        std::fs::create_dir_all(&site).unwrap();
        std::fs::write(
            site.join("index.shtml"),
            "Welcome <!--#echo var=\"OIDC_CLAIM_preferred_username\" -->.",
        )
        .unwrap();
        let configuration = folder.join("apache.conf");
        std::fs::write(&configuration, configure(&folder, server, port, client)).unwrap();
        // Apache gives its rights up, and must still reach its folder.
        run(Command::new("chmod").args(["-R", "a+rX"]).arg(&folder)).success();
        run(Command::new("chmod")
            .arg("a+x")
            .arg(folder.parent().unwrap()))
        .success();
        let process = Command::new("apache2")
            .args(["-X", "-f"])
            .arg(&configuration)
            .stdin(Stdio::null())
            .spawn()
            .expect("Apache runs; run scripts/test-deps");
        let page = format!("http://localhost:{port}/protected/");
        wait_until("Apache", || {
            run(Command::new("curl").args(["-s", "-o", "/dev/null", &page])).ok
        });
        Self { process, page }
    }
}

impl Drop for Apache {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn configure(folder: &Path, server: &Server, port: u16, client: &serde_json::Value) -> String {
    let modules: String = [
        "mpm_prefork",
        "authn_core",
        "authz_core",
        "authz_user",
        "auth_openidc",
        "dir",
        "mime",
        "include",
        "filter",
    ]
    .iter()
    .map(|name| format!("LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so\n"))
    .collect();
    let root = server.root().display();
    let (folder, issuer) = (folder.display(), &server.https);
    // The data folder is for its owner alone: Apache gets a copy of the anchor.
    std::fs::copy(server.root(), format!("{folder}/root.pem")).unwrap();
    let (id, secret) = (
        client["client_id"].as_str().unwrap(),
        client["client_secret"].as_str().unwrap(),
    );
    format!(
        "# Trusts {root}\n{modules}\
         ServerName localhost\nListen 127.0.0.1:{port}\nServerRoot {folder}\nPidFile {folder}/pid\n\
         DefaultRuntimeDir {folder}\nErrorLog {folder}/error.log\nUser www-data\nGroup www-data\n\
         DocumentRoot {folder}/site\nDirectoryIndex index.shtml\nTypesConfig /etc/mime.types\n\
         AddType text/html .shtml\nAddOutputFilter INCLUDES .shtml\n\
         OIDCProviderMetadataURL {issuer}/.well-known/openid-configuration\n\
         OIDCCABundlePath {folder}/root.pem\n\
         OIDCClientID {id}\nOIDCClientSecret {secret}\nOIDCCryptoPassphrase a-passphrase-for-cookies\n\
         OIDCRedirectURI http://localhost:{port}/protected/callback\nOIDCScope \"openid profile\"\n\
         OIDCPKCEMethod S256\nOIDCRemoteUserClaim preferred_username\n\
         <Directory {folder}/site>\nOptions +Includes\n</Directory>\n\
         <Location /protected>\nAuthType openid-connect\nRequire valid-user\n</Location>\n"
    )
}

#[test]
fn a_person_reaches_a_protected_page_with_chromium() {
    let node = Xinshu::init(XINSHU, Options::default());
    let user = node.user("alice");
    let port = free_port();
    let callback = format!("http://localhost:{port}/protected/callback");
    let client = node
        .xinshu([
            "client",
            "add",
            "门户",
            "--redirect-uri",
            &callback,
            "--json",
        ])
        .success()
        .json();
    let server = node.serve();
    let apache = Apache::start(&node, &server, port, &client);
    // SCREENSHOTS names a folder where whoever wants to look finds the pages.
    let screenshots =
        std::env::var_os("SCREENSHOTS").map_or_else(|| node.file("screenshots"), Into::into);
    std::fs::create_dir_all(&screenshots).unwrap();
    let seen = run(Command::new(cache().join("python/bin/python"))
        .arg(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/tests/idp/clients/chromium.py"
        ))
        .args([&apache.page, &user.name, &user.password, &key_pin(&server)])
        .arg(&screenshots));
    let apache_log = std::fs::read_to_string(node.file("apache/error.log")).unwrap_or_default();
    assert!(
        seen.ok,
        "{}{}\n{apache_log}\n{}",
        seen.text(),
        seen.stderr,
        server.log()
    );
    let seen = seen.text();
    assert!(seen.contains("language zh-CN"), "{seen}");
    assert!(seen.contains("scrolls sideways False"), "{seen}");
    assert!(seen.contains("saw Welcome alice."), "{seen}");
}
