//! How urgent a call is.

/// Who goes first when the budget is short. Lower goes first; none starves.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Lane {
    /// Detaching for a deletion, and its looks.
    Deletion,
    /// A change that a user made: a move.
    UserChange,
    /// A new link.
    NewLink,
    /// Healing.
    Healing,
    /// Asking about tasks.
    Polling,
    /// The regular look at everything.
    Sweep,
}
