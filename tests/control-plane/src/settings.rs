//! The files and flags of one control plane: everything below one temporary directory,
//! everything on loopback, every secret made anew.

use std::fs;
use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use rcgen::KeyPair;
use serde_json::json;
use tempfile::TempDir;

use crate::fault::Fault;

const AUDIT_POLICY: &str = include_str!("../audit-policy.yaml");

#[derive(Debug)]
pub(crate) struct Settings {
    dir: TempDir,
    ports: Ports,
}

#[derive(Debug)]
struct Ports {
    etcd: u16,
    etcd_peer: u16,
    api: u16,
}

impl Settings {
    /// Makes the directory (private to its owner) and fills it.
    pub(crate) fn create() -> Result<Self, Fault> {
        let dir = tempfile::Builder::new()
            .prefix("control-plane-")
            // It holds an administrator's token.
            .permissions(fs::Permissions::from_mode(0o700))
            .tempdir()
            .map_err(Fault::io("make a data directory"))?;
        let [etcd, etcd_peer, api] = free_ports().map_err(Fault::io("find free ports"))?;
        let settings = Self { dir, ports: Ports { etcd, etcd_peer, api } };
        settings.write_files()?;
        Ok(settings)
    }

    fn write_files(&self) -> Result<(), Fault> {
        let key = KeyPair::generate().map_err(Fault::Key)?;
        let token = random_token()?;
        self.write("audit-policy.yaml", AUDIT_POLICY)?;
        self.write("service-account.key", &key.serialize_pem())?;
        self.write("service-account.pub", &key.public_key_pem())?;
        self.write("tokens.csv", &format!("{token},admin,admin,\"system:masters\"\n"))?;
        self.write("kubeconfig", &self.kubeconfig_text(&token))
    }

    fn write(&self, name: &str, text: &str) -> Result<(), Fault> {
        fs::write(self.file(name), text).map_err(Fault::io(format!("write {name}")))
    }

    /// JSON is YAML, and needs no quoting of paths by hand.
    fn kubeconfig_text(&self, token: &str) -> String {
        let cluster = json!({
            "server": self.url(),
            "certificate-authority": self.certificate(),
        });
        let config = json!({
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "control-plane", "cluster": cluster}],
            "users": [{"name": "admin", "user": {"token": token}}],
            "contexts": [{
                "name": "control-plane",
                "context": {"cluster": "control-plane", "user": "admin"},
            }],
            "current-context": "control-plane",
        });
        format!("{config:#}\n")
    }

    pub(crate) fn dir(&self) -> &Path {
        self.dir.path()
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.dir().join(name)
    }

    pub(crate) fn kubeconfig(&self) -> PathBuf {
        self.file("kubeconfig")
    }

    pub(crate) fn audit_log(&self) -> PathBuf {
        self.file("audit.log")
    }

    pub(crate) fn url(&self) -> String {
        format!("https://127.0.0.1:{}", self.ports.api)
    }

    pub(crate) fn etcd_port(&self) -> u16 {
        self.ports.etcd
    }

    /// The API server makes it itself at its start; the file holds its authority too.
    fn certificate(&self) -> PathBuf {
        self.file("certificates").join("apiserver.crt")
    }

    pub(crate) fn etcd_flags(&self) -> Vec<String> {
        let client = format!("http://127.0.0.1:{}", self.ports.etcd);
        let peer = format!("http://127.0.0.1:{}", self.ports.etcd_peer);
        vec![
            flag("data-dir", self.file("etcd").display()),
            flag("listen-client-urls", &client),
            flag("advertise-client-urls", &client),
            flag("listen-peer-urls", &peer),
            flag("initial-advertise-peer-urls", &peer),
            flag("initial-cluster", format!("default={peer}")),
            // The data is thrown away: no crash of the machine is to be survived.
            flag("unsafe-no-fsync", true),
            flag("log-level", "warn"),
        ]
    }

    pub(crate) fn api_server_flags(&self) -> Vec<String> {
        vec![
            flag("etcd-servers", format!("http://127.0.0.1:{}", self.ports.etcd)),
            flag("bind-address", "127.0.0.1"),
            flag("secure-port", self.ports.api),
            // Loopback is no valid endpoint of the service `kubernetes`, so none is published.
            flag("advertise-address", "127.0.0.1"),
            flag("endpoint-reconciler-type", "none"),
            flag("cert-dir", self.file("certificates").display()),
            flag("token-auth-file", self.file("tokens.csv").display()),
            flag("authorization-mode", "RBAC"),
            flag("service-cluster-ip-range", "10.0.0.0/24"),
            flag("service-account-issuer", "https://kubernetes.default.svc"),
            flag("service-account-key-file", self.file("service-account.pub").display()),
            flag("service-account-signing-key-file", self.file("service-account.key").display()),
            flag("audit-policy-file", self.file("audit-policy.yaml").display()),
            flag("audit-log-path", self.audit_log().display()),
            // A line is there when its request has returned.
            flag("audit-log-mode", "blocking"),
        ]
    }

    pub(crate) fn controller_manager_flags(&self) -> Vec<String> {
        vec![
            flag("kubeconfig", self.kubeconfig().display()),
            flag("leader-elect", false),
            // It serves nothing that anyone here asks for: no port at all.
            flag("secure-port", 0),
            flag("root-ca-file", self.certificate().display()),
            flag("service-account-private-key-file", self.file("service-account.key").display()),
        ]
    }
}

fn flag(name: &str, value: impl std::fmt::Display) -> String {
    format!("--{name}={value}")
}

/// Held all at once, so that they differ from one another.
fn free_ports<const N: usize>() -> io::Result<[u16; N]> {
    let mut listeners = Vec::with_capacity(N);
    let mut ports = [0; N];
    for port in &mut ports {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        *port = listener.local_addr()?.port();
        listeners.push(listener);
    }
    Ok(ports)
}

fn random_token() -> Result<String, Fault> {
    let word = || getrandom::u64().map_err(Fault::Random);
    Ok(format!("{:016x}{:016x}", word()?, word()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_address_in_the_flags_is_loopback() {
        let settings = Settings::create().unwrap();
        let flags = [settings.etcd_flags(), settings.api_server_flags()].concat();

        let addresses: Vec<_> = flags.iter().filter(|flag| flag.contains("http://")).collect();

        assert_eq!(addresses.len(), 6);
        assert!(addresses.iter().all(|flag| flag.contains("http://127.0.0.1:")));
        assert!(flags.contains(&"--bind-address=127.0.0.1".to_owned()));
    }

    #[test]
    fn two_control_planes_share_neither_ports_nor_secrets() {
        let (one, two) = (Settings::create().unwrap(), Settings::create().unwrap());
        let read = |settings: &Settings, name| fs::read_to_string(settings.file(name)).unwrap();

        assert_ne!(one.dir(), two.dir());
        assert_ne!(one.url(), two.url());
        for secret in ["tokens.csv", "service-account.key"] {
            assert_ne!(read(&one, secret), read(&two, secret));
        }
    }

    #[test]
    fn only_its_owner_reads_the_secrets() {
        let settings = Settings::create().unwrap();

        let mode = fs::metadata(settings.dir()).unwrap().permissions().mode();

        assert_eq!(mode & 0o777, 0o700);
    }

    #[test]
    fn free_ports_differ_from_one_another() {
        let ports: [u16; 8] = free_ports().unwrap();

        let different: std::collections::HashSet<_> = ports.into_iter().collect();

        assert_eq!(different.len(), ports.len());
    }
}
