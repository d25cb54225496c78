//! Chance that can be repeated: SplitMix64 (Steele, Lea, Flood 2014) from a seed that every report names.

#[derive(Clone)]
pub struct Dice {
    pub seed: u64,
    state: u64,
}

impl Dice {
    /// From `DESKBELL_SEED`, or from the clock.
    pub fn thrown() -> Dice {
        let clock = || std::time::UNIX_EPOCH.elapsed().unwrap().as_nanos() as u64;
        let set = std::env::var("DESKBELL_SEED");
        Dice::from(set.map_or_else(
            |_| clock(),
            |s| s.parse().expect("DESKBELL_SEED is a number"),
        ))
    }

    pub fn from(seed: u64) -> Dice {
        Dice { seed, state: seed }
    }

    pub fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// `from` to `to - 1`.
    pub fn between(&mut self, from: u64, to: u64) -> u64 {
        from + self.next() % (to - from)
    }

    pub fn of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.between(0, all.len() as u64) as usize]
    }
}
