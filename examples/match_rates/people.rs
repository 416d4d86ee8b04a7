//! People who never lived, from several cultures.

use regain::identity::{IdentityClaims, Person, TypedClaims};
use time::{Date, Duration};

/// Given names and family names of each culture.
pub const CULTURES: [(&str, &str); 14] = [
    (
        "James,Mary,Robert,Patricia,John,Jennifer,Michael,Linda,David,Elizabeth,William,Barbara,Richard,Susan,Joseph,Jessica,Thomas,Sarah,Christopher,Karen,Charles,Nancy,Daniel,Lisa,Matthew,Margaret,Anthony,Sandra,Marion,Marlon,Kevin,Devin,Kristian,Kristin,Amy,Ian,Zoë,Madison,Addison,Hannah,Hanna",
        "Smith,Johnson,Williams,Brown,Jones,Miller,Davis,Wilson,Anderson,Taylor,Moore,Jackson,Thompson,White,Harris,Clark,Lewis,Robinson,Walker,Young,King,Wright,Hill,Green,Adams,Baker,Carter,Mitchell,Lee,Smith-Jones",
    ),
    (
        "Seán,Siobhán,Pádraig,Aoife,Ciarán,Niamh,Eoin,Gráinne,Conor,Róisín",
        "O'Brien,O'Connor,O’Sullivan,Mac Donald,McCarthy,Ó Súilleabháin,Byrne,Murphy,O'Neill,Fitzgerald",
    ),
    (
        "Jürgen,Hans-Peter,Käthe,Ursula,Günther,Jörg,Sabine,Björn,Karl-Heinz,Anneliese,Wolfgang,Lena,Paul,Mia,Anna,Anne,Ute,Heike,Jan,Daniela,Christina,Christian,Stefan,Stephan,Marlene",
        "Müller,Schmidt,Schneider,Groß,Weiß,Schäfer,König,von Bismarck,Krämer,Böhm,Meyer,Maier,Strauß,Schröder,von der Leyen,Jäger,Becker,Hoffmann,Koch,Wolf,Vogel,Lang",
    ),
    (
        "José,María,María José,María Luisa,Juan Carlos,Carmen,María del Carmen,Alejandro,Lucía,Iñaki,Begoña,Ángel,Inés,Martín,Martina,Marina,Mario,Marta,Ana,Rosalía,Rosario,Elena,Elina",
        "García López,Muñoz,Núñez Peña,de la Cruz,Fernández,Rodríguez,González Pérez,Ibáñez,del Río,Sánchez,Martínez,Gómez,Díaz,Ruiz,Álvarez,Moreno",
    ),
    (
        "João,Inês,Conceição,António,Luís,Beatriz,Gonçalo,Ana,Matheus,Thaís,Júlia,Juliana,Julião",
        "da Silva,dos Santos,Pereira,Conceição,de Oliveira,Magalhães,Gonçalves,Araújo,Simões,e Sousa",
    ),
    (
        "François,Hélène,Jean-Luc,Marie-Claire,Anaïs,Benoît,Chloé,Gaël,Océane,Théo,Jean-Paul,Michel,Michèle,Gabriel,Gabrielle,Emmanuel,Emmanuelle",
        "Lefèvre,Dupont,de Gaulle,Le Goff,D'Artagnan,Béranger,Bœuf,Crémieux,Moreau,Châtelain,Durand,Petit,Roux",
    ),
    (
        "Søren,Bjørn,Åse,Øyvind,Þórunn,Guðrún,Sigurður,Frode,Anders,Linnéa,Göran,Håkan,Aino,Päivi,Jón,Jens",
        "Kjær,Østergaard,Ødegård,Guðmundsdóttir,Ångström,Sjöberg,Nygård,Hansen,Lindqvist,Mäkinen,Jónsson,Dahl,Berg",
    ),
    (
        "Łukasz,Bożena,Małgorzata,Jiří,Zdeněk,Zdenka,Đorđe,Željko,Božidar,Ágnes,Győző,Ștefan,Ioana,Ivan,Ivana,Piotr,Krzysztof,Miloš,Mirela,Marcela,Marcel",
        "Wałęsa,Kowalski,Dvořák,Novák,Đokić,Petrović,Nagy,Kovács,Ionescu,Popa,Wójcik,Šimić,Horváth,Zieliński,Němec",
    ),
    (
        "Ayşe,Işıl,İbrahim,Çağla,Özgür,Gülşen,Gülten,Mehmet,Mustafa,Elif,Zeynep,Emre",
        "Yılmaz,Yıldız,Çelik,Öztürk,Şahin,Demir,Kılıç,Kaya,Arslan,Doğan",
    ),
    (
        "Mohammed,Mohammed Ali,Mohammed Omar,Fatima,Abd al-Rahman,Omar,Layla,Yusuf,Aisha,Hassan,Hussein,Khadija,Noor,Salma",
        "al-Rashid,El Sayed,bin Salman,Haddad,Khan,Al Masri,Hussain,Ben Ali,Nasser,Qureshi,Abu Bakr",
    ),
    (
        "Jan,Pieter,Anneke,Sjoerd,Femke,Daan,Sanne,Joost,Willemijn,Maarten,Geert",
        "van Dijk,van den Berg,de Vries,Jansen,van der Meer,'t Hooft,de Boer,Bakker,ten Brink,Visser",
    ),
    (
        "Hyun-jin,Hyun-min,Do-yun,Ji-yun,Seung-hun,Seung-hyun,Xiaoling,Xiaoping,Xiaolong,Jianguo,Wei,Thị Anh,Văn Minh,Yūko,Kenji,Haruto,Sakura,Raj,Rajesh,Ramesh,Priya,Lakshmi,Ananya",
        "Kim,Park,Lee,Choi,Wang,Li,Zhang,Nguyễn,Trần,Lê,Satō,Suzuki,Tanaka,Sharma,Patel,Krishnamurthy,Iyer,Gupta",
    ),
    ("小明,小红,伟,秀英,建国,민준,민서,서연,太郎,花子,さくら", "王,李,张,陈,김,이,박,佐藤,鈴木,田中"),
    (
        "Алёна,Алексей,Наталья,Дмитрий,Сергей,Екатерина,Юлия,Γιώργος,Ελένη,Δημήτρης,Μαρία,محمد,فاطمة,علي",
        "Королёв,Иванова,Смирнов,Попова,Кузнецов,Παπαδόπουλος,Νικολάου,Γεωργίου,حداد,الخطيب",
    ),
];

/// SplitMix64: small, and the same everywhere.
pub struct Dice(pub u64);

impl Dice {
    pub fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((z ^ (z >> 31)) % limit as u64).expect("less than the limit")
    }

    pub fn pick<'a>(&mut self, list: &'a str) -> &'a str {
        let words: Vec<&str> = list.split(',').collect();
        words[self.below(words.len())]
    }
}

/// What is typed: the same fields as on file.
#[derive(Clone, PartialEq)]
pub struct Entry {
    pub culture: usize,
    pub given: String,
    pub family: String,
    pub born: Date,
    pub number: String,
}

impl Entry {
    pub fn on_file(&self) -> Person {
        Person::new(&self.given, &self.family).with_birth_date(self.born).with_record_number(&self.number)
    }

    pub fn typed(&self) -> IdentityClaims {
        IdentityClaims::new(TypedClaims {
            given_name: self.given.clone(),
            family_name: self.family.clone(),
            birth_date: self.born.to_string(),
            record_number: self.number.clone(),
            ..TypedClaims::default()
        })
    }
}

pub fn somebody(dice: &mut Dice, number: String) -> Entry {
    let culture = dice.below(CULTURES.len());
    let (given_names, family_names) = CULTURES[culture];
    let mut given = dice.pick(given_names).to_owned();
    if dice.below(3) == 0 {
        let middle = dice.pick(given_names);
        given = format!("{given} {middle}");
    }
    let mut family = dice.pick(family_names).to_owned();
    if dice.below(10) == 0 {
        family = format!("{family}-{}", dice.pick(family_names));
    }
    let first = Date::from_calendar_date(1930, time::Month::January, 1).expect("a date");
    let born = first + Duration::days(i64::try_from(dice.below(33_000)).expect("small"));
    Entry { culture, given, family, born, number }
}
