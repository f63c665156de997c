//! The one closed list of words in which the operator says why.
//!
//! The same word is the reason of a condition, the reason of an Event, a metric label, a log field and the name of a
//! page in `docs/reasons/`. A word is stable: people write alerts on it.

use std::fmt;

macro_rules! reasons {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {
        /// Why something is as it is; `docs/reasons/<Reason>.md` says what to do about each.
        #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
        pub enum Reason {
            $($(#[$doc])* $name,)*
        }

        impl Reason {
            /// Every reason, in the order of the list.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The word itself, as users see it.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => stringify!($name),)*
                }
            }
        }
    };
}

reasons! {
    /// No controller has looked at the object yet.
    Pending,
    /// The link is being made.
    Attaching,
    /// The link is being moved from another VPC.
    Moving,
    /// The link was seen alive in the wanted VPC.
    Linked,
    /// The link is there, but nothing tells which address it was made for.
    AddressUnverified,
    /// The link died or was lost and is being made again.
    Relinking,
    /// The link is being removed.
    Detaching,
    /// The specification is understood, the account usable, the claim won.
    Accepted,
    /// The cloud asks us to slow down.
    Throttled,
    /// The cloud could not be reached, or its answer could not be understood.
    ProviderUnavailable,
    /// The machine is locked by another task of the cloud.
    InstanceBusy,
    /// The machine is not in a state that can be linked.
    InstanceNotReady,
    /// An id has not the form that this cloud uses.
    InvalidId,
    /// No such machine was ever seen in this region and account.
    InstanceNotFound,
    /// The machine is not of the classic network.
    InstanceNotClassic,
    /// No such VPC in this region and account.
    VpcNotFound,
    /// The VPC's address range cannot be linked.
    CidrNotSupported,
    /// The VPC does not have ClassicLink switched on.
    ClassicLinkDisabled,
    /// The region has no ClassicLink.
    RegionNotSupported,
    /// The VPC has as many links as it may have.
    QuotaExceeded,
    /// The machine is linked to another VPC, by someone else.
    LinkedElsewhere,
    /// What would have to be changed was not made by us.
    NotOurs,
    /// A link was there before us, and the policy is to refuse it.
    ExistingLinkRefused,
    /// The cloud refuses; the message is its own.
    Refused,
    /// Another object has the claim to this machine.
    ClaimedByOther,
    /// The account does not allow this namespace.
    NamespaceNotAllowed,
    /// There is no such account.
    AccountNotFound,
    /// The account was never ready, or is itself refused.
    AccountNotReady,
    /// The account is being deleted and takes no new links.
    AccountTerminating,
    /// The account's keys belong to another cloud account than before.
    AccountChanged,
    /// The Secret with the keys is not there.
    CredentialsMissing,
    /// The Secret lacks a key.
    CredentialsIncomplete,
    /// The cloud does not accept the keys.
    CredentialsRejected,
    /// The keys may not do this.
    PermissionDenied,
    /// The cloud no longer offers this API.
    ApiRetired,
    /// A machine that was seen before is not listed, and the proof that it is gone is outstanding.
    InstanceMissing,
    /// The machine was returned to the cloud.
    InstanceReturned,
    /// Too many machines went at once to be believed.
    MassReturnSuspected,
    /// Too many links died at once to be believed.
    MassRelinkSuspected,
    /// More links are to be removed than the account lets go without a person.
    DetachHeld,
    /// The world differs from what is wanted, and the object only observes.
    Differs,
    /// The world differs from what is wanted, and the object is suspended.
    Suspended,
    /// Event: the machine's private address changed.
    PrivateIpChanged,
    /// Event: a rule of the cloud for addresses, which nothing here can check, concerns a new link.
    AddressRules,
    /// Event: a link went without our doing.
    LinkLost,
    /// Event: a link to the wanted VPC was there before us.
    FoundExistingLink,
    /// Event: the object went, the link stays.
    LeftInPlace,
    /// Event: the object was let go by force, without asking the cloud.
    ForceReleased,
    /// Event: the link was made.
    Attached,
    /// Event: the link was removed.
    Detached,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::str::FromStr for Reason {
    type Err = ();

    fn from_str(word: &str) -> Result<Self, ()> {
        Self::ALL.iter().copied().find(|reason| reason.as_str() == word).ok_or(())
    }
}
