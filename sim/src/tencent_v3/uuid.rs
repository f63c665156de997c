//! UUIDs: of requests, made up, and of machines, always the same.

use sha2::{Digest, Sha256};

/// One that nobody has.
pub(super) fn fresh() -> String {
    written(fastrand::u128(..))
}

/// The one that belongs to a name.
pub(super) fn of(name: &str) -> String {
    let hash = Sha256::digest(name.as_bytes());
    written(hash.iter().take(16).fold(0, |bits, byte| (bits << 8) | u128::from(*byte)))
}

/// Version 4, variant 1.
fn written(bits: u128) -> String {
    let bits = (bits & !(0xf << 76) & !(0b11 << 62)) | (0x4 << 76) | (0b10 << 62);
    let hex = format!("{bits:032x}");
    let parts = [hex.get(..8), hex.get(8..12), hex.get(12..16), hex.get(16..20), hex.get(20..)];
    parts.map(Option::unwrap_or_default).join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uuid_has_its_form_and_that_of_a_name_stays() {
        let uuid = fresh();
        assert_eq!(uuid.split('-').map(str::len).collect::<Vec<_>>(), [8, 4, 4, 4, 12]);
        assert_eq!(uuid.chars().nth(14), Some('4'));
        assert!("89ab".contains(uuid.chars().nth(19).unwrap()), "{uuid}");
        assert_ne!(uuid, fresh());
        assert_eq!(of("ins-1"), of("ins-1"));
        assert_ne!(of("ins-1"), of("ins-2"));
    }
}
