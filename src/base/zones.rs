//! Time zones by their IANA names, as the database of tz has them.

use crate::model::time::Time;
use chrono::{NaiveDate, NaiveTime, TimeZone, Utc};
use chrono_tz::{TZ_VARIANTS, Tz};

/// Whether there is a zone of this name, exactly so spelt.
pub fn is_known(name: &str) -> bool {
    name.parse::<Tz>().is_ok()
}

/// The names to choose from: places and `UTC`, without the historical aliases that name no place.
pub fn names() -> Vec<String> {
    let names = TZ_VARIANTS.iter().map(|zone| zone.name());
    let placed = |name: &&str| *name == "UTC" || (name.contains('/') && !name.starts_with("Etc/"));
    names.filter(placed).map(str::to_owned).collect()
}

/// When the day began there that `at` is in. Where clocks go forward at midnight there is none: then with the first
/// hour that there is. An unknown zone counts as UTC.
pub fn start_of_day(zone: &str, at: Time) -> Time {
    let known: Tz = zone.parse().unwrap_or(Tz::UTC);
    begin_of(zone, at.0.with_timezone(&known).date_naive())
}

/// When this day begins there.
pub fn begin_of(zone: &str, day: NaiveDate) -> Time {
    let zone: Tz = zone.parse().unwrap_or(Tz::UTC);
    let midnight = day.and_time(NaiveTime::MIN);
    let began = (0..24).find_map(|hours| {
        let local = midnight + chrono::Duration::hours(hours);
        zone.from_local_datetime(&local).earliest()
    });
    Time(began.map_or(midnight.and_utc(), |began| began.with_timezone(&Utc)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn began(zone: &str, at: &str) -> String {
        start_of_day(zone, at.parse().unwrap()).to_string()
    }

    #[test]
    fn a_day_begins_at_the_zones_midnight() {
        for (zone, at, expected) in [
            (
                "UTC",
                "2026-11-27T22:30:00.000Z",
                "2026-11-27T00:00:00.000Z",
            ),
            (
                "Europe/Copenhagen",
                "2026-11-27T22:30:00.000Z",
                "2026-11-26T23:00:00.000Z",
            ),
            (
                "Europe/Copenhagen",
                "2026-11-27T23:30:00.000Z",
                "2026-11-27T23:00:00.000Z",
            ),
            (
                "Asia/Tokyo",
                "2026-11-27T22:30:00.000Z",
                "2026-11-27T15:00:00.000Z",
            ),
            // Clocks went from 23:59:59 to 01:00: the day has no midnight.
            (
                "America/Sao_Paulo",
                "2018-11-04T12:00:00.000Z",
                "2018-11-04T03:00:00.000Z",
            ),
        ] {
            assert_eq!(began(zone, at), expected, "{zone} at {at}");
        }
    }

    #[test]
    fn zones_are_named_exactly() {
        assert!(is_known("Europe/Copenhagen") && is_known("UTC"));
        for unknown in ["", "europe/copenhagen", "Mars/Olympus", "+02:00"] {
            assert!(!is_known(unknown), "{unknown}");
        }
        let names = names();
        assert!(names.len() > 400 && names.iter().all(|name| is_known(name)));
    }
}
