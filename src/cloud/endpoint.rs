//! Where a service is called, and how its host goes into a signature.

use reqwest::Url;

/// An address that is none.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the endpoint of {service} is no address: write https://host, with a port where it needs one")]
pub struct BadEndpoint {
    service: &'static str,
}

/// Whether `base` is the address of a server that can be called for `service`.
///
/// # Errors
/// It is none.
pub fn check(service: &'static str, base: &str) -> Result<(), BadEndpoint> {
    Endpoint::new(service, base, "/").map(drop)
}

/// Where a service is called.
#[derive(Clone, Debug)]
pub(in crate::cloud) struct Endpoint {
    /// The service's name, such as `vpc`.
    pub(in crate::cloud) service: &'static str,
    pub(in crate::cloud) url: Url,
    /// The `Host` header as it is sent, which is signed: with the port where it is not the scheme's own.
    pub(in crate::cloud) host: String,
}

impl Endpoint {
    /// The endpoint at `base`, whose own path is not used; every action has the same `path`.
    pub(in crate::cloud) fn new(service: &'static str, base: &str, path: &str) -> Result<Self, BadEndpoint> {
        let bad = BadEndpoint { service };
        let mut url = Url::parse(base).map_err(|_| bad.clone())?;
        // User and password would become a header.
        if !matches!(url.scheme(), "http" | "https") || !url.username().is_empty() || url.password().is_some() {
            return Err(bad);
        }
        url.set_path(path);
        url.set_query(None);
        url.set_fragment(None);
        let name = url.host_str().ok_or(bad)?;
        let host = url.port().map_or_else(|| name.to_owned(), |port| format!("{name}:{port}"));
        Ok(Self { service, url, host })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signed_host_has_the_port_only_where_the_header_has_it() {
        for (base, host, url) in [
            ("https://vpc.api.qcloud.com", "vpc.api.qcloud.com", "https://vpc.api.qcloud.com/v2/index.php"),
            ("https://vpc.api.qcloud.com:443/x?y", "vpc.api.qcloud.com", "https://vpc.api.qcloud.com/v2/index.php"),
            ("http://127.0.0.1:1234/", "127.0.0.1:1234", "http://127.0.0.1:1234/v2/index.php"),
            ("http://[::1]:81", "[::1]:81", "http://[::1]:81/v2/index.php"),
        ] {
            let endpoint = Endpoint::new("vpc", base, "/v2/index.php").unwrap();
            assert_eq!((endpoint.host.as_str(), endpoint.url.as_str()), (host, url));
        }
    }

    #[test]
    fn an_address_of_no_http_server_is_refused() {
        for base in ["", "vpc.api.qcloud.com", "ftp://host", "https://user:word@host", "https://user@host", "https://"]
        {
            let error = Endpoint::new("vpc", base, "/").unwrap_err().to_string();
            assert!(error.contains("of vpc") && !error.contains("user"), "{error}");
        }
    }
}
