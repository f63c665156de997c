//! Times that name no zone.

use jiff::Timestamp;
use jiff::tz::Offset;

use crate::clock::Millis;
use crate::world::switch;

switch! {
    /// The zone of a time that names none.
    Zone {
        /// Eight hours ahead of UTC.
        China,
        /// UTC.
        Utc
    }
}

/// A moment that the calendar has.
pub fn moment(at: Millis) -> Timestamp {
    i64::try_from(at).ok().and_then(|at| Timestamp::from_millisecond(at).ok()).unwrap_or_default()
}

/// A time without its zone.
pub fn written(at: Millis, zone: Zone) -> String {
    let offset = match zone {
        Zone::China => Offset::constant(8),
        Zone::Utc => Offset::UTC,
    };
    offset.to_datetime(moment(at)).strftime("%Y-%m-%d %H:%M:%S").to_string()
}
