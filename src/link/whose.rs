//! Whose keys: whether those in use belong to the account that the records are of.
//!
//! Another account's keys see none of our machines and none of our links, which looks like a return of all of them. So a
//! change of keys is believed only when it is proven to be none of the account, or when half of the machines on record
//! were seen again with the new keys. Until then no change is sent, and no absence counts, of machine or link.
//!
//! | known before | the present keys say | then |
//! |---|---|---|
//! | nothing | anything | accepted |
//! | an account | the same account | accepted |
//! | an account | another account | changed: reported, and half awaited |
//! | an account, or a key alone | nothing, with the same key | accepted |
//! | an account | nothing, with another key | unsure: half awaited |
//! | a key alone | an account, with the same key | accepted |
//! | a key alone | anything, with another key | unsure: half awaited |
//!
//! A key alone is the stand-in where the cloud does not tell the account. None on record: accepted at once.

use std::collections::BTreeSet;

use jiff::Timestamp;
use sha2::{Digest, Sha256};

use super::{Notice, Trouble};
use crate::api::{ACKNOWLEDGE, Reason};

/// How a stand-in for an account's identity begins. No cloud's account id does: they are digits.
pub const STAND_IN: &str = "key-";

/// Who some keys belong to, as far as it is known.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Identity {
    account: Option<String>,
    key: Option<String>,
}

impl Identity {
    /// The cloud's id of the account, if it was told, and the stand-in of the key, which begins with [`STAND_IN`].
    #[must_use]
    pub const fn new(account: Option<String>, key: String) -> Self {
        Self { account, key: Some(key) }
    }

    /// As it was written down.
    #[must_use]
    pub fn read(text: &str) -> Self {
        let text = text.to_owned();
        if text.starts_with(STAND_IN) {
            Self { account: None, key: Some(text) }
        } else {
            Self { account: Some(text), key: None }
        }
    }

    /// As it is written down.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        self.account.as_deref().or(self.key.as_deref())
    }

    /// Whether both are one account; `None` where that cannot be told.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> Option<bool> {
        match (&self.account, &other.account) {
            (Some(one), Some(other)) => Some(one == other),
            _ if self.key.is_some() && self.key == other.key => Some(true),
            _ => None,
        }
    }

    /// What is known once `newer` was accepted: an account that it does not tell is the one that was known.
    fn followed_by(&self, newer: &Self) -> Self {
        Self { account: newer.account.clone().or_else(|| self.account.clone()), key: newer.key.clone() }
    }
}

/// Whether the keys in use are believed.
#[derive(Debug, Default)]
pub struct Whose {
    known: Option<Identity>,
    present: Option<Identity>,
    doubt: Option<Doubt>,
    /// Looks begun before this may have been made with keys that were not believed.
    believed: Option<Timestamp>,
    news: bool,
}

#[derive(Debug)]
struct Doubt {
    since: Timestamp,
    /// The account is known to be another.
    changed: bool,
    /// The machines on record, once they were told.
    expected: Option<BTreeSet<String>>,
    seen: BTreeSet<String>,
}

/// Why the keys in use are not believed.
#[derive(Clone, Debug, PartialEq)]
pub enum Strange {
    /// They are another account's.
    Changed(Notice),
    /// Nobody tells, and too few machines were seen again yet.
    Unsure(Trouble),
}

impl Whose {
    /// What was written down by an earlier process.
    pub fn remember(&mut self, text: Option<&str>) {
        if self.known.is_none() {
            self.known = text.map(Identity::read);
        }
    }

    /// The keys that are used from now on, or more about those in use.
    pub fn present(&mut self, identity: &Identity, now: Timestamp) {
        let same_keys = self.present.as_ref().is_some_and(|present| present.key == identity.key);
        self.present = Some(identity.clone());
        let known = self.known.clone().unwrap_or_else(|| identity.clone());
        let verdict = known.is_same(identity);
        if verdict == Some(true) {
            self.accept(false, now);
            return;
        }
        let doubt = self.doubt.take().filter(|_| same_keys);
        let doubt = doubt.unwrap_or(Doubt { since: now, changed: false, expected: None, seen: BTreeSet::new() });
        // What was once known of these very keys stays known.
        let changed = doubt.changed || verdict == Some(false);
        self.news = true;
        self.doubt = Some(Doubt { changed, ..doubt });
    }

    /// Whether there is a doubt, and the machines on record were not told yet.
    #[must_use]
    pub fn awaits_expected(&self) -> bool {
        self.doubt.as_ref().is_some_and(|doubt| doubt.expected.is_none())
    }

    /// The machines on record, by id, once for each doubt.
    pub fn expects(&mut self, recorded: impl FnOnce() -> BTreeSet<String>, now: Timestamp) {
        if let Some(doubt) = self.doubt.as_mut().filter(|doubt| doubt.expected.is_none()) {
            doubt.expected = Some(recorded());
            self.judge(now);
        }
    }

    /// A look that began at `begun` listed this machine.
    pub fn saw(&mut self, machine: &str, begun: Timestamp, now: Timestamp) {
        if let Some(doubt) = self.doubt.as_mut().filter(|doubt| begun >= doubt.since) {
            doubt.seen.insert(machine.to_owned());
            self.judge(now);
        }
    }

    /// Nobody asks for this machine any more.
    pub fn forget(&mut self, machine: &str, now: Timestamp) {
        if let Some(expected) = self.doubt.as_mut().and_then(|doubt| doubt.expected.as_mut()) {
            expected.remove(machine);
            self.judge(now);
        }
    }

    /// Takes the annotation of the account: it may say that the change is meant.
    pub fn acknowledge(&mut self, annotation: Option<&str>, now: Timestamp) {
        let token = self.doubt.as_ref().filter(|doubt| doubt.changed).and_then(|doubt| self.token(doubt));
        if token.is_some_and(|token| annotation == Some(&token)) {
            self.accept(true, now);
        }
    }

    /// Whether the absence of something in a look begun then counts.
    #[must_use]
    pub fn believes(&self, begun: Timestamp) -> bool {
        self.doubt.is_none() && self.believed.is_none_or(|believed| begun >= believed)
    }

    /// Whether changes may be sent.
    #[must_use]
    pub const fn is_settled(&self) -> bool {
        self.doubt.is_none()
    }

    /// The identity that the records are of.
    #[must_use]
    pub const fn known(&self) -> Option<&Identity> {
        self.known.as_ref()
    }

    /// Why the keys of `account` are not believed, if so.
    #[must_use]
    pub fn strange(&self, account: &str) -> Option<Strange> {
        let doubt = self.doubt.as_ref()?;
        if doubt.changed {
            return Some(Strange::Changed(self.notice(doubt, account)));
        }
        let notice = Notice::new(
            Reason::InstanceMissing,
            "the keys were replaced; nothing is changed until half of the machines on record were seen with the new ones",
        );
        Some(Strange::Unsure(Trouble { notice, since: doubt.since }))
    }

    /// Whether something changed since this was asked last.
    pub fn take_news(&mut self) -> bool {
        std::mem::take(&mut self.news)
    }

    /// Whether something changed that [`Self::take_news`] has not told yet.
    #[must_use]
    pub const fn has_news(&self) -> bool {
        self.news
    }

    fn notice(&self, doubt: &Doubt, account: &str) -> Notice {
        let name = |identity: &Option<Identity>| {
            identity.as_ref().and_then(Identity::text).unwrap_or("an unknown one").to_owned()
        };
        let recorded = doubt.expected.as_ref().map_or(0, BTreeSet::len);
        let meant = self.token(doubt).map(|token| {
            format!("; if the change is meant, annotate CloudAccount {account} with {ACKNOWLEDGE}: \"{token}\"")
        });
        Notice::new(
            Reason::AccountChanged,
            format!(
                "the keys of CloudAccount {account} belong to {}, the links to {}: nothing is changed until half of the \
                 {recorded} machines on record are seen again; put the former keys back{}",
                name(&self.present),
                name(&self.known),
                meant.unwrap_or_default()
            ),
        )
    }

    /// The annotation that says that the change is meant: it covers this identity and these machines only.
    fn token(&self, doubt: &Doubt) -> Option<String> {
        let expected = doubt.expected.as_ref()?;
        let mut hash = Sha256::new();
        for text in
            self.present.as_ref().and_then(Identity::text).into_iter().chain(expected.iter().map(String::as_str))
        {
            hash.update(text.as_bytes());
            hash.update(b"\n");
        }
        let hash = hash.finalize();
        let short = u32::from_be_bytes([hash[0], hash[1], hash[2], hash[3]]);
        Some(format!("{}-{}-{short:08x}", Reason::AccountChanged, expected.len()))
    }

    fn judge(&mut self, now: Timestamp) {
        let Some(Doubt { changed, expected: Some(expected), seen, .. }) = &self.doubt else { return };
        if expected.intersection(seen).count() * 2 >= expected.len() {
            self.accept(*changed, now);
        }
    }

    /// `other` where it is another account than the known one, and accepted all the same.
    fn accept(&mut self, other: bool, now: Timestamp) {
        let Some(present) = &self.present else { return };
        let known = match &self.known {
            Some(known) if !other => known.followed_by(present),
            Some(_) | None => present.clone(),
        };
        if self.doubt.take().is_some() {
            self.believed = Some(now);
            self.news = true;
        }
        let told = self.known.as_ref().and_then(Identity::text) != known.text();
        self.news |= told;
        self.known = Some(known);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn identity(account: Option<&str>, key: &str) -> Identity {
        Identity::new(account.map(ToOwned::to_owned), format!("{STAND_IN}{key}"))
    }

    fn machines(count: usize) -> BTreeSet<String> {
        (0..count).map(|number| format!("ins-{number}")).collect()
    }

    /// Keys of account 1 by key a were believed; these came at 100.
    fn then(identity: &Identity) -> Whose {
        let mut whose = Whose::default();
        whose.present(&self::identity(Some("1"), "a"), at(0));
        whose.present(identity, at(100));
        whose
    }

    fn is_changed(whose: &Whose) -> bool {
        matches!(whose.strange("prod"), Some(Strange::Changed(notice)) if notice.reason == Reason::AccountChanged)
    }

    fn is_unsure(whose: &Whose) -> bool {
        matches!(whose.strange("prod"), Some(Strange::Unsure(trouble)) if trouble.since == at(100))
    }

    #[test]
    fn each_row_of_the_table_holds() {
        type Row = (Option<&'static str>, Identity, fn(&Whose) -> bool);
        let believed: fn(&Whose) -> bool = Whose::is_settled;
        let (none, key) = (None, "key-a");
        let rows: [Row; 12] = [
            (none, identity(Some("1"), "a"), believed),
            (none, identity(None, "a"), believed),
            (Some("1"), identity(Some("1"), "a"), believed),
            (Some("1"), identity(Some("2"), "a"), is_changed),
            (Some("1"), identity(None, "a"), is_unsure),
            (Some(key), identity(None, "a"), believed),
            (Some(key), identity(Some("1"), "a"), believed),
            (Some(key), identity(None, "b"), is_unsure),
            (Some(key), identity(Some("1"), "b"), is_unsure),
            (Some(key), identity(Some("2"), "a"), believed),
            (Some("1"), identity(Some("2"), "b"), is_changed),
            (Some("1"), identity(None, "b"), is_unsure),
        ];
        for (known, present, expected) in rows {
            let mut whose = Whose::default();
            whose.remember(known);
            whose.present(&present, at(100));
            assert!(expected(&whose), "{known:?} {present:?}: {whose:?}");
        }
    }

    #[test]
    fn a_new_key_of_the_same_account_is_believed_as_soon_as_the_cloud_says_so() {
        let mut whose = then(&identity(None, "b"));
        assert!(is_unsure(&whose) && !whose.believes(at(101)));
        whose.present(&identity(Some("1"), "b"), at(102));
        assert!(whose.is_settled() && !whose.believes(at(101)) && whose.believes(at(102)));
    }

    #[test]
    fn the_former_keys_put_back_are_believed_without_a_word_from_the_cloud() {
        let mut whose = then(&identity(Some("2"), "b"));
        assert!(is_changed(&whose));
        whose.present(&identity(None, "a"), at(200));
        assert!(whose.is_settled());
        assert_eq!(whose.known().and_then(Identity::text), Some("1"));
    }

    #[test]
    fn half_of_the_machines_seen_again_with_the_new_keys_is_enough_and_less_is_not() {
        let mut whose = then(&identity(Some("2"), "b"));
        whose.expects(|| machines(5), at(101));
        for machine in ["ins-0", "ins-1", "ins-other", "ins-another"] {
            whose.saw(machine, at(105), at(106));
            assert!(is_changed(&whose), "{machine}");
        }
        whose.saw("ins-2", at(99), at(107));
        assert!(is_changed(&whose), "a look of before proves nothing");
        whose.saw("ins-2", at(110), at(111));
        assert!(whose.is_settled());
        assert_eq!(whose.known().and_then(Identity::text), Some("2"));
    }

    #[test]
    fn where_no_machine_is_on_record_the_change_is_accepted_at_once() {
        let mut whose = then(&identity(Some("2"), "b"));
        whose.expects(BTreeSet::new, at(101));
        assert!(whose.is_settled());
    }

    #[test]
    fn what_was_seen_with_former_keys_does_not_count_for_newer_ones() {
        let mut whose = then(&identity(None, "b"));
        whose.expects(|| machines(3), at(101));
        whose.saw("ins-0", at(105), at(106));
        whose.present(&identity(None, "c"), at(110));
        whose.expects(|| machines(3), at(111));
        whose.saw("ins-1", at(112), at(113));
        assert!(!whose.is_settled());
        whose.saw("ins-0", at(114), at(115));
        assert!(whose.is_settled());
    }

    #[test]
    fn an_account_that_is_not_told_is_still_the_known_one_once_half_was_seen() {
        let mut whose = then(&identity(None, "b"));
        whose.expects(|| machines(1), at(101));
        whose.saw("ins-0", at(105), at(106));
        assert_eq!(whose.known().and_then(Identity::text), Some("1"));
        whose.present(&identity(Some("2"), "c"), at(110));
        assert!(is_changed(&whose) || whose.strange("prod").is_some());
    }

    #[test]
    fn a_machine_that_nobody_asks_for_any_more_is_not_awaited() {
        let mut whose = then(&identity(Some("2"), "b"));
        whose.expects(|| machines(2), at(101));
        whose.forget("ins-0", at(102));
        assert!(is_changed(&whose));
        whose.forget("ins-1", at(103));
        assert!(whose.is_settled());
    }

    #[test]
    fn an_acknowledgement_covers_this_change_and_no_other() {
        let mut whose = then(&identity(Some("2"), "b"));
        whose.expects(|| machines(2), at(101));
        let Some(Strange::Changed(notice)) = whose.strange("prod") else { panic!("{whose:?}") };
        let token = notice.message.rsplit('"').nth(1).unwrap().to_owned();
        let mut other = then(&identity(Some("3"), "b"));
        other.expects(|| machines(2), at(101));
        other.acknowledge(Some(&token), at(102));
        assert!(is_changed(&other));
        whose.acknowledge(Some(&token), at(102));
        assert!(whose.is_settled());
    }

    #[test]
    fn what_changed_is_told_once() {
        let mut whose = Whose::default();
        whose.present(&identity(None, "a"), at(0));
        assert!(whose.take_news() && !whose.take_news());
        whose.present(&identity(Some("1"), "a"), at(1));
        assert!(whose.take_news(), "the identity is another text");
        whose.present(&identity(Some("1"), "a"), at(2));
        assert!(!whose.take_news());
        whose.present(&identity(Some("2"), "b"), at(3));
        assert!(whose.take_news());
    }
}
