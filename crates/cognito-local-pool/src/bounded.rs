//! A map with a limit: entries end at their time, and the oldest makes room for the newest.

use std::collections::{BTreeMap, HashMap};

/// Values by key, at most `most` of them. Clients must not be able to fill the memory.
pub(crate) struct Bounded<V> {
    entries: HashMap<String, Slot<V>>,
    /// The key of each entry by its number, so the oldest comes first.
    order: BTreeMap<u64, String>,
    next: u64,
    most: usize,
}

struct Slot<V> {
    value: V,
    expires: i64,
    number: u64,
}

impl<V> Bounded<V> {
    pub(crate) fn new(most: usize) -> Self {
        Self { entries: HashMap::new(), order: BTreeMap::new(), next: 0, most }
    }

    /// Keeps `value` until `expires` (seconds since 1970), and returns the values that it replaced or pushed out.
    pub(crate) fn insert(&mut self, key: String, value: V, expires: i64) -> Vec<V> {
        let mut gone: Vec<V> = self.remove(&key).into_iter().collect();
        while self.entries.len() >= self.most {
            let Some((_, oldest)) = self.order.pop_first() else { break };
            gone.extend(self.entries.remove(&oldest).map(|entry| entry.value));
        }
        let number = self.next;
        self.next = self.next.wrapping_add(1);
        self.order.insert(number, key.clone());
        self.entries.insert(key, Slot { value, expires, number });
        gone
    }

    /// The value under `key` if it has not expired at `now`.
    pub(crate) fn get(&self, key: &str, now: i64) -> Option<&V> {
        self.entries.get(key).filter(|entry| now < entry.expires).map(|entry| &entry.value)
    }

    /// As [`get`](Self::get), to change the value.
    pub(crate) fn get_mut(&mut self, key: &str, now: i64) -> Option<&mut V> {
        self.entries.get_mut(key).filter(|entry| now < entry.expires).map(|entry| &mut entry.value)
    }

    /// Removes the value under `key`, and returns it if it has not expired at `now`.
    pub(crate) fn take(&mut self, key: &str, now: i64) -> Option<V> {
        let live = self.get(key, now).is_some();
        self.remove(key).filter(|_| live)
    }

    /// Removes the value under `key`, expired or not.
    pub(crate) fn remove(&mut self, key: &str) -> Option<V> {
        let entry = self.entries.remove(key)?;
        self.order.remove(&entry.number);
        Some(entry.value)
    }

    /// Removes the values for which `keep` is false.
    pub(crate) fn retain(&mut self, keep: impl Fn(&V) -> bool) {
        let Self { entries, order, .. } = self;
        entries.retain(|_, entry| {
            let kept = keep(&entry.value);
            if !kept {
                order.remove(&entry.number);
            }
            kept
        });
    }

    /// The values, oldest first, including expired ones.
    pub(crate) fn in_order(&self) -> impl Iterator<Item = &V> {
        self.order.values().filter_map(|key| self.entries.get(key)).map(|entry| &entry.value)
    }

    /// The values, in no particular order, including expired ones.
    pub(crate) fn values_mut(&mut self) -> impl Iterator<Item = &mut V> {
        self.entries.values_mut().map(|entry| &mut entry.value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_entry_makes_room() {
        let mut map = Bounded::new(2);
        for key in ["a", "b", "c"] {
            map.insert(key.to_owned(), key, 10);
        }
        assert_eq!(["a", "b", "c"].map(|key| map.get(key, 0).is_some()), [false, true, true]);
        assert_eq!((map.entries.len(), map.order.len()), (2, 2));
    }

    #[test]
    fn what_was_pushed_out_is_returned() {
        let mut map = Bounded::new(1);
        assert!(map.insert("a".to_owned(), 1, 10).is_empty());
        assert_eq!(map.insert("b".to_owned(), 2, 10), [1]);
        assert_eq!(map.insert("b".to_owned(), 3, 10), [2]);
    }

    #[test]
    fn an_entry_ends_at_its_time() {
        let mut map = Bounded::new(2);
        map.insert("a".to_owned(), 1, 10);
        assert_eq!((map.get("a", 9), map.get("a", 10)), (Some(&1), None));
        assert_eq!(map.take("a", 10), None);
        assert_eq!((map.entries.len(), map.order.len()), (0, 0));
    }

    #[test]
    fn what_is_not_retained_leaves_room() {
        let mut map = Bounded::new(3);
        for (key, value) in [("a", 1), ("b", 2), ("c", 3)] {
            map.insert(key.to_owned(), value, 10);
        }
        map.retain(|value| value % 2 == 1);
        assert_eq!(["a", "b", "c"].map(|key| map.get(key, 0).is_some()), [true, false, true]);
        assert_eq!((map.entries.len(), map.order.len()), (2, 2));
        assert!(map.insert("d".to_owned(), 4, 10).is_empty());
    }

    #[test]
    fn an_entry_is_taken_once() {
        let mut map = Bounded::new(2);
        map.insert("a".to_owned(), 1, 10);
        assert_eq!((map.take("a", 0), map.take("a", 0)), (Some(1), None));
    }
}
