//! What the range of a VPC means for what gets through its links ("ClassicLink overview", "Build a ClassicLink
//! connection"). None of it is known to be refused by the server, and none can be seen through the API: it is told, and
//! stops nothing. The rule about routes to 10.0.0.0/8 is not here: it is checked when ClassicLink is switched on.

use std::net::Ipv4Addr;

use ipnet::Ipv4Net;

const IN_192_168: &str = "its range lies in 192.168.0.0/16: nothing gets through before a route to 192.168.0.0/16 by the \
                          private network interface is added inside the machine";
const IN_10: &str = "its range lies in 10.0.0.0/8: only what is in a vSwitch inside 10.111.0.0/16 can be reached";
const NONE_OF_THESE: &str = "its range lies in none of 172.16.0.0/12, 10.0.0.0/8 and 192.168.0.0/16: nothing is known to \
                             get through";

/// What has to be told of a VPC with this primary range; `None` where nothing has to, or the range cannot be read.
pub(super) fn caution(cidr: &str) -> Option<&'static str> {
    let range: Ipv4Net = cidr.parse().ok()?;
    let lies_in = |a, b, length| Ipv4Net::new(Ipv4Addr::new(a, b, 0, 0), length).is_ok_and(|net| net.contains(&range));
    if lies_in(172, 16, 12) || lies_in(10, 111, 16) {
        None
    } else if lies_in(10, 0, 8) {
        Some(IN_10)
    } else if lies_in(192, 168, 16) {
        Some(IN_192_168)
    } else {
        Some(NONE_OF_THESE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_range_has_the_caution_of_the_documents() {
        for (cidr, words) in [
            ("172.16.0.0/12", None),
            ("172.31.5.0/24", None),
            ("10.111.4.0/24", None),
            ("10.0.0.0/8", Some(IN_10)),
            ("10.112.0.0/16", Some(IN_10)),
            ("192.168.0.0/16", Some(IN_192_168)),
            ("192.168.7.0/24", Some(IN_192_168)),
            ("172.0.0.0/8", Some(NONE_OF_THESE)),
            ("100.64.0.0/10", Some(NONE_OF_THESE)),
            ("", None),
            ("fd00::/8", None),
        ] {
            assert_eq!(caution(cidr), words, "{cidr}");
        }
    }
}
