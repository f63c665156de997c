//! Texts of the cloud made fit for people: without secrets, one line, bounded.
//!
//! The cloud may echo what was signed, key id, token and signature included; what leaves a vendor's folder in an error
//! or in the text of a task has gone through here.

use crate::cloud::credentials::Credentials;

/// The most of a message that is kept: a condition is read by people.
pub(super) const MESSAGE_LENGTH: usize = 256;
/// The most of a code or a request id that is kept: the longest documented code has 56 characters, a request id 36.
pub(super) const CODE_LENGTH: usize = 64;

/// Cleans texts that came back on a call with these keys and this signature.
pub(super) struct Cleaner<'a> {
    pub(super) keys: &'a Credentials,
    pub(super) signature: &'a str,
    /// How a text is written in what was signed.
    pub(super) encode: fn(&str) -> String,
}

impl Cleaner<'_> {
    /// A message for people.
    pub(super) fn message(&self, text: &str) -> String {
        cut(&self.scrub(text), MESSAGE_LENGTH)
    }

    /// A code, or a request id.
    pub(super) fn code(&self, text: &str) -> String {
        cut(&self.scrub(text), CODE_LENGTH)
    }

    /// `text` without keys, token and signature, as they are and as they were written.
    fn scrub(&self, text: &str) -> String {
        let texts = [self.keys.token().unwrap_or_default(), self.signature];
        let encoded = texts.map(self.encode);
        let secrets = encoded.iter().map(String::as_str).chain([self.signature]).filter(|secret| !secret.is_empty());
        secrets.fold(self.keys.scrub(text), |text, secret| text.replace(secret, "[redacted]"))
    }
}

/// One line of at most `length` characters.
pub(super) fn cut(text: &str, length: usize) -> String {
    let line = text.chars().map(|char| if char.is_control() { ' ' } else { char });
    line.take(length).collect::<String>().trim().to_owned()
}

#[cfg(fuzzing)]
pub(super) mod fuzz;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_becomes_one_bounded_line() {
        assert_eq!(cut("  a\nb\u{7}\tc\r\n", 256), "a b  c");
        assert_eq!(cut(&"长".repeat(300), MESSAGE_LENGTH).chars().count(), MESSAGE_LENGTH);
    }
}
