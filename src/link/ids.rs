//! Names of things in the cloud, checked when they are made.
//!
//! The forms are those that `api` demands at apply; they are checked here again because a stored object may be older
//! than the rule. Old numeric ids, console names and short regions are refused everywhere: each would be a second name
//! for the same machine, and two names are two claims.

use std::{fmt, sync::Arc};

use crate::api::Provider;

/// Why a name is none; the text says what one looks like.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{text:?} is no {what}: {form}")]
pub struct Invalid {
    what: &'static str,
    text: String,
    form: &'static str,
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $what:literal, $form:literal, $check:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Checks the form.
            ///
            /// # Errors
            /// `Invalid`, with the form that is wanted.
            pub fn new(text: &str) -> Result<Self, Invalid> {
                let check: fn(&str) -> bool = $check;
                if check(text) {
                    Ok(Self(text.into()))
                } else {
                    Err(Invalid { what: $what, text: text.to_owned(), form: $form })
                }
            }

            /// The name as the cloud writes it.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

id!(
    /// A machine, `ins-…` (Tencent Cloud) or `i-…` (Alibaba Cloud).
    InstanceId,
    "instance id",
    "write the id that the console shows, ins-0x5msjda (Tencent Cloud) or i-bp1gtjxuuvwj17zr (Alibaba Cloud)",
    |text| has_form(text, "ins-") || has_form(text, "i-")
);
id!(
    /// A VPC, `vpc-…`.
    VpcId,
    "VPC id",
    "write the id that the console shows, vpc-gjui0b5t; an old id such as gz_vpc_245 has a new one there too",
    |text| has_form(text, "vpc-")
);
id!(
    /// A region by its long name.
    Region,
    "region",
    "write the long name, ap-guangzhou, not the short one, gz",
    is_region
);

impl InstanceId {
    /// Checks the form that this cloud uses, and no other's.
    ///
    /// # Errors
    /// `Invalid`, with the form that is wanted.
    pub fn of(provider: Provider, text: &str) -> Result<Self, Invalid> {
        let (prefix, form) = match provider {
            Provider::TencentCloud => ("ins-", "an instance of Tencent Cloud is written ins-0x5msjda"),
            Provider::AlibabaCloud => ("i-", "an instance of Alibaba Cloud is written i-bp1gtjxuuvwj17zr"),
        };
        if has_form(text, prefix) {
            Self::new(text)
        } else {
            Err(Invalid { what: "instance id", text: text.to_owned(), form })
        }
    }
}

impl VpcId {
    /// The id as it stands in a record of ours, taken as it is: to refuse it would be to forget a link.
    #[must_use]
    pub fn recorded(text: &str) -> Self {
        Self(text.into())
    }
}

/// Whether `text` is `prefix` and then 4 to 32 lower-case letters and digits.
fn has_form(text: &str, prefix: &str) -> bool {
    text.strip_prefix(prefix).is_some_and(|rest| (4..=32).contains(&rest.len()) && rest.bytes().all(is_word))
}

/// Whether `text` is a word of letters and then at least one more word, joined by dashes.
fn is_region(text: &str) -> bool {
    let mut words = text.split('-');
    let first = words.next().unwrap_or_default();
    let rest: Vec<&str> = words.collect();
    !first.is_empty()
        && first.bytes().all(|byte| byte.is_ascii_lowercase())
        && !rest.is_empty()
        && rest.iter().all(|word| !word.is_empty() && word.bytes().all(is_word))
}

const fn is_word(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_old_or_foreign_id_is_refused_with_the_form_that_is_wanted() {
        for text in ["qcvm12345", "ins-", "ins-ABCDEF", "12345", "ins-abc", "vpc-gjui0b5t"] {
            assert!(InstanceId::new(text).unwrap_err().to_string().contains("ins-0x5msjda"), "{text}");
        }
        for text in ["gz_vpc_245", "vpc-", "VPC-gjui0b5t"] {
            assert!(VpcId::new(text).unwrap_err().to_string().contains("vpc-gjui0b5t"), "{text}");
        }
        for text in ["gz", "", "ap-", "-guangzhou", "ap--x", "Ap-guangzhou", "a1-x"] {
            assert!(Region::new(text).unwrap_err().to_string().contains("ap-guangzhou"), "{text}");
        }
    }

    #[test]
    fn an_id_of_the_other_cloud_is_refused() {
        assert!(InstanceId::of(Provider::TencentCloud, "i-bp1gtjxuuvwj17zr").is_err());
        assert!(InstanceId::of(Provider::AlibabaCloud, "ins-0x5msjda").is_err());
        assert!(InstanceId::of(Provider::TencentCloud, "ins-0x5msjda").is_ok());
    }

    #[test]
    fn long_region_names_are_taken() {
        for text in ["ap-guangzhou", "na-siliconvalley", "ap-shanghai-fsi", "cn-hangzhou", "us-east-1"] {
            assert!(Region::new(text).is_ok(), "{text}");
        }
    }
}
