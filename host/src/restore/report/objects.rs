//! The reports on many objects, packed: what a restore of a million objects says must not fill the memory.

use super::ObjectReport;
use flate2::Compression;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;
use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::io::{self, Write};

/// How many reports are packed together: enough for the packing to find what they have in common.
const BLOCK: usize = 256;

/// The reports on objects, in order. All but the last ones are kept compressed: about 20 bytes for an object that was
/// created, where the report itself takes 500.
#[derive(Clone, Default)]
pub struct ObjectReports {
    blocks: Vec<Block>,
    last: Vec<ObjectReport>,
    len: usize,
}

/// Reports that follow each other.
#[derive(Clone)]
enum Block {
    /// A JSON array, compressed.
    Packed(Box<[u8]>),
    /// Those that could not be packed.
    Plain(Vec<ObjectReport>),
}

impl ObjectReports {
    /// Add a report at the end.
    pub fn push(&mut self, report: ObjectReport) {
        self.last.push(report);
        self.len += 1;
        if self.last.len() == BLOCK {
            self.blocks.push(Block::new(std::mem::take(&mut self.last)));
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// All of them, in order.
    pub fn iter(&self) -> impl Iterator<Item = ObjectReport> {
        let last = self.last.iter().cloned();
        self.blocks.iter().flat_map(Block::reports).chain(last)
    }
}

impl Block {
    fn new(reports: Vec<ObjectReport>) -> Self {
        match pack(&reports) {
            Ok(packed) => Block::Packed(packed.into()),
            Err(_) => Block::Plain(reports),
        }
    }

    fn reports(&self) -> Vec<ObjectReport> {
        match self {
            // These bytes were written here and have not left the memory: they are read as they were written.
            Block::Packed(packed) => unpack(packed).unwrap_or_default(),
            Block::Plain(reports) => reports.clone(),
        }
    }
}

fn pack(reports: &[ObjectReport]) -> io::Result<Vec<u8>> {
    let mut packer = ZlibEncoder::new(Vec::new(), Compression::fast());
    serde_json::to_writer(&mut packer, reports)?;
    packer.flush()?;
    packer.finish()
}

fn unpack(packed: &[u8]) -> io::Result<Vec<ObjectReport>> {
    let json = io::BufReader::new(ZlibDecoder::new(packed));
    Ok(serde_json::from_reader(json)?)
}

impl FromIterator<ObjectReport> for ObjectReports {
    fn from_iter<I: IntoIterator<Item = ObjectReport>>(reports: I) -> Self {
        let mut packed = ObjectReports::default();
        packed.extend(reports);
        packed
    }
}

impl Extend<ObjectReport> for ObjectReports {
    fn extend<I: IntoIterator<Item = ObjectReport>>(&mut self, reports: I) {
        reports.into_iter().for_each(|report| self.push(report));
    }
}

impl PartialEq for ObjectReports {
    fn eq(&self, other: &Self) -> bool {
        self.len == other.len && self.iter().eq(other.iter())
    }
}

impl fmt::Debug for ObjectReports {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// The same as that of a list.
impl Serialize for ObjectReports {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl<'de> Deserialize<'de> for ObjectReports {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(Reports)
    }
}

/// Reads reports one by one.
struct Reports;

impl<'de> Visitor<'de> for Reports {
    type Value = ObjectReports;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of reports on objects")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<ObjectReports, A::Error> {
        let mut reports = ObjectReports::default();
        while let Some(report) = list.next_element()? {
            reports.push(report);
        }
        Ok(reports)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::{GroupResource, ObjectId};
    use crate::report::{Code, Problem};
    use rstest::rstest;

    fn report(number: usize) -> ObjectReport {
        let id = ObjectId {
            resource: GroupResource::new("", "configmaps"),
            namespace: Some(format!("team-{}", number % 50)),
            name: format!("settings-{number}"),
        };
        let report = ObjectReport::of(id);
        match number % 100 {
            7 => report.refused(Problem::new(Code::Rejected, "no")),
            _ => report,
        }
    }

    #[rstest]
    #[case::none(0)]
    #[case::one(1)]
    #[case::less_than_a_block(255)]
    #[case::a_block(256)]
    #[case::more(1000)]
    fn what_is_pushed_comes_back_in_order(#[case] count: usize) {
        let reports: ObjectReports = (0..count).map(report).collect();
        assert_eq!(reports.len(), count);
        assert!(reports.iter().eq((0..count).map(report)));
        let json = serde_json::to_string(&reports).unwrap();
        assert_eq!(serde_json::from_str::<ObjectReports>(&json).unwrap(), reports);
    }

    #[test]
    fn an_object_takes_few_bytes() {
        let reports: ObjectReports = (0..20_480).map(report).collect();
        let packed = reports.blocks.iter().map(|block| match block {
            Block::Packed(packed) => packed.len(),
            Block::Plain(_) => panic!("everything can be packed"),
        });
        assert!(packed.sum::<usize>() / reports.len() < 40);
    }
}
