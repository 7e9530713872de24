//! Lists of live objects, read in step with the archive: both are in the order of names.

use super::{Live, Place};
use crate::cluster::{Cluster, ClusterError, ListOptions, Page, RawObject};
use crate::object::ResourceType;
use futures::StreamExt;
use futures::stream::{self, BoxStream};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::mpsc;

/// Lists of which the first page is asked for before it is needed.
const AHEAD: usize = 4;

/// A list that has more objects than this for each wanted one, and [`SPARE`] more, is given up: reading the wanted ones
/// alone is cheaper.
const WORTH: u64 = 10;
const SPARE: u64 = 1000;

/// A page, and the number of the place that it is of.
pub(in crate::restore) struct Listing {
    place: usize,
    page: Result<Page, ClusterError>,
}

/// List `places` one after the other, a few pages ahead of who reads. `needed` is the number of the place that is read.
pub(in crate::restore) async fn produce(
    cluster: &dyn Cluster,
    places: &[Place],
    needed: &AtomicUsize,
    to: mpsc::Sender<Listing>,
) {
    let open = |(number, place)| async move {
        let mut pages = pages(cluster, place);
        let is_needed = needed.load(Ordering::Relaxed) <= number;
        let first = if is_needed { pages.next().await } else { None };
        (number, first, pages)
    };
    let mut opened = stream::iter(places.iter().enumerate())
        .map(open)
        .buffered(AHEAD)
        .boxed();
    while let Some((place, first, mut pages)) = opened.next().await {
        let mut next = first;
        while let Some(page) = next {
            if to.send(Listing { place, page }).await.is_err() {
                return;
            }
            if needed.load(Ordering::Relaxed) > place {
                break;
            }
            next = pages.next().await;
        }
    }
}

fn pages<'a>(cluster: &'a dyn Cluster, place: &'a Place) -> BoxStream<'a, Result<Page, ClusterError>> {
    let options = ListOptions {
        namespace: place.namespace.clone(),
        ..ListOptions::default()
    };
    cluster.list(&place.of, &options)
}

/// The lists of a level, as far as they have been read.
pub(in crate::restore) struct Lists<'a> {
    places: &'a [Place],
    needed: &'a AtomicUsize,
    from: mpsc::Receiver<Listing>,
    /// What has been received last.
    place: usize,
    items: std::vec::IntoIter<RawObject>,
    next: Option<RawObject>,
    /// Of the place that is read: its number, the name that was asked for last, how many objects were seen, and whether
    /// the list is of no use.
    reading: usize,
    asked: String,
    seen: u64,
    useless: bool,
    /// Places whose lists could not be read to their end.
    failed: BTreeSet<usize>,
    ended: bool,
}

impl<'a> Lists<'a> {
    /// Lists of `places` that come `from` their producer.
    pub(in crate::restore) fn new(
        places: &'a [Place],
        needed: &'a AtomicUsize,
        from: mpsc::Receiver<Listing>,
    ) -> Self {
        Lists {
            places,
            needed,
            from,
            place: 0,
            items: Vec::new().into_iter(),
            next: None,
            reading: 0,
            asked: String::new(),
            seen: 0,
            useless: false,
            failed: BTreeSet::new(),
            ended: false,
        }
    }

    /// What the lists have under a name: nothing is known where its place is not listed, its list has been left
    /// already, or the names do not come in order.
    pub(in crate::restore) async fn take(
        &mut self,
        of: &ResourceType,
        namespace: Option<&str>,
        name: &str,
    ) -> Live {
        let is_it = |place: &Place| place.of == *of && place.namespace.as_deref() == namespace;
        // Two namespaces that are mapped to one are two places, of which the names begin anew.
        let first = self.reading + usize::from(self.asked.as_str() > name);
        let ahead = self.places.get(first..).unwrap_or_default();
        let Some(steps) = ahead.iter().position(is_it) else {
            return Live::Unread;
        };
        if first + steps > self.reading {
            self.go_to(first + steps);
        }
        if self.useless {
            return Live::Unread;
        }
        name.clone_into(&mut self.asked);
        self.find(name).await
    }

    /// Leave the list that is read, for a later one.
    fn go_to(&mut self, place: usize) {
        self.reading = place;
        self.needed.store(place, Ordering::Relaxed);
        self.asked.clear();
        self.seen = 0;
        self.useless = self.failed.contains(&place);
    }

    async fn find(&mut self, name: &str) -> Live {
        loop {
            if self.next.is_none() {
                self.next = self.receive().await;
            }
            let Some(next) = self.next.as_ref() else {
                return match self.useless {
                    true => Live::Unread,
                    false => Live::Absent,
                };
            };
            if self.place > self.reading || next.id.name.as_str() > name {
                return Live::Absent;
            }
            let is_here = self.place == self.reading;
            let found = is_here && next.id.name == name;
            let item = self.next.take();
            self.seen += u64::from(is_here);
            if found && let Some(item) = item {
                return Live::Listed(item.json);
            }
            if self.is_too_long() {
                self.useless = true;
                return Live::Unread;
            }
        }
    }

    fn is_too_long(&self) -> bool {
        let wanted = self.places.get(self.reading).map_or(0, |place| place.wanted);
        self.seen > wanted.saturating_mul(WORTH).saturating_add(SPARE)
    }

    /// The next object of the place that is read, or of a later one.
    async fn receive(&mut self) -> Option<RawObject> {
        loop {
            if self.place >= self.reading
                && let Some(item) = self.items.next()
            {
                return Some(item);
            }
            if self.ended {
                return None;
            }
            match self.from.recv().await {
                None => self.ended = true,
                Some(Listing {
                    place,
                    page: Ok(page),
                }) => {
                    self.place = place;
                    self.items = page.items.into_iter();
                }
                // Whatever is wrong is found out again, and told, by reading the objects alone.
                Some(Listing { place, page: Err(_) }) => {
                    self.failed.insert(place);
                    if place == self.reading {
                        self.useless = true;
                        return None;
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::{ObjectId, built_in_type};
    use rstest::rstest;

    fn page(place: usize, names: &str) -> Listing {
        let item = |name: &str| RawObject {
            id: ObjectId {
                resource: built_in_type("ConfigMap").resource,
                namespace: None,
                name: name.to_owned(),
            },
            labels: Vec::new(),
            json: format!("\"{place}/{name}\"").into(),
        };
        let items = names.split_ascii_whitespace().map(item).collect();
        Listing {
            place,
            page: Ok(Page {
                items,
                ..Page::default()
            }),
        }
    }

    fn broken(place: usize) -> Listing {
        let page = Err(ClusterError::Unusable("no".into()));
        Listing { place, page }
    }

    fn places(namespaces: &[&str]) -> Vec<Place> {
        let place = |namespace: &&str| Place {
            of: built_in_type("ConfigMap"),
            namespace: Some((*namespace).to_owned()),
            wanted: 4,
        };
        namespaces.iter().map(place).collect()
    }

    /// What is known of each of the objects that are asked for: where it was found, `-` where it is not there, `?`
    /// where it is unknown.
    async fn taken(namespaces: &[&str], listings: Vec<Listing>, asked: &[&str]) -> Vec<String> {
        let (to, from) = mpsc::channel(listings.len().max(1));
        for listing in listings {
            assert!(to.try_send(listing).is_ok());
        }
        drop(to);
        let (places, needed) = (places(namespaces), AtomicUsize::new(0));
        let mut lists = Lists::new(&places, &needed, from);
        let mut found = Vec::new();
        for asked in asked {
            let (namespace, name) = asked.split_once('/').unwrap();
            found.push(
                match lists
                    .take(&built_in_type("ConfigMap"), Some(namespace), name)
                    .await
                {
                    Live::Unread => "?".to_owned(),
                    Live::Absent => "-".to_owned(),
                    Live::Listed(json) => serde_json::from_str(&json).unwrap(),
                    Live::Read(_) => panic!("nothing is read alone here"),
                },
            );
        }
        found
    }

    #[rstest]
    #[case::found(vec![page(0, "a b"), page(0, "c")], &["x/a", "x/c"], &["0/a", "0/c"])]
    #[case::not_there(vec![page(0, "b d")], &["x/a", "x/b", "x/c", "x/e"], &["-", "0/b", "-", "-"])]
    #[case::nothing_there(vec![], &["x/a", "y/a"], &["-", "-"])]
    #[case::two_places(vec![page(0, "a z"), page(1, "a")], &["x/a", "y/a"], &["0/a", "1/a"])]
    #[case::an_empty_place_before(vec![page(1, "a")], &["x/a", "y/a"], &["-", "1/a"])]
    #[case::a_place_is_left_out(vec![page(0, "a"), page(1, "a")], &["y/a"], &["1/a"])]
    #[case::a_place_was_left(vec![page(0, "a"), page(1, "a")], &["y/a", "x/a"], &["1/a", "?"])]
    #[case::not_in_order(vec![page(0, "a b")], &["x/b", "x/a"], &["0/b", "?"])]
    #[case::not_listed(vec![], &["z/a"], &["?"])]
    #[case::a_list_breaks_off(vec![page(0, "a"), broken(0), page(1, "b")], &["x/a", "x/b", "y/b"], &["0/a", "?", "1/b"])]
    #[case::a_later_list_breaks_off(vec![broken(1)], &["x/a", "y/a"], &["-", "?"])]
    #[tokio::test]
    async fn lists_are_joined(
        #[case] listings: Vec<Listing>,
        #[case] asked: &[&str],
        #[case] expected: &[&str],
    ) {
        assert_eq!(taken(&["x", "y"], listings, asked).await, expected);
    }

    #[tokio::test]
    async fn of_two_places_for_one_namespace_the_names_begin_anew() {
        let listings = vec![page(0, "a b"), page(1, "a b")];
        assert_eq!(
            taken(&["x", "x"], listings, &["x/b", "x/a"]).await,
            ["0/b", "1/a"]
        );
    }

    #[tokio::test]
    async fn a_list_of_far_more_than_is_wanted_is_given_up() {
        let names = (0..5000)
            .map(|number| format!("n{number:05} "))
            .collect::<String>();
        assert_eq!(
            taken(
                &["x"],
                vec![page(0, &names)],
                &["x/n00001", "x/n04000", "x/n04001"]
            )
            .await,
            ["0/n00001", "?", "?"]
        );
    }
}
