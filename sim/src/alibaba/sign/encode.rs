//! Decoding parameters, and encoding them as RFC 3986 wants it.

use std::fmt::Write;

/// The pairs of a query or form, decoded.
pub(in crate::alibaba) fn decoded(raw: &[u8]) -> Vec<(String, String)> {
    form_urlencoded::parse(raw).into_owned().collect()
}

/// Everything but letters, digits and `-_.~` becomes `%XY`.
pub(in crate::alibaba) fn percent(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            // Writing to a text cannot fail.
            write!(encoded, "%{byte:02X}").ok();
        }
    }
    encoded
}

/// `name=value` of all pairs, sorted by name in byte order and joined by `&`.
pub(in crate::alibaba) fn canonical<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let mut pairs: Vec<(&str, &str)> = pairs.collect();
    pairs.sort_unstable();
    let joined: Vec<String> =
        pairs.into_iter().map(|(name, value)| format!("{}={}", percent(name), percent(value))).collect();
    joined.join("&")
}

/// Lower-case hexadecimal digits.
pub(in crate::alibaba) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        write!(text, "{byte:02x}").ok();
        text
    })
}
