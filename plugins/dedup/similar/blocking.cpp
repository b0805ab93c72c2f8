#include "blocking.h"

#include <algorithm>

#include "company_name.h"
#include "contact_points.h"
#include "normal_text.h"
#include "person_name.h"
#include "places.h"
#include "reading.h"

namespace psabridge::similar {
namespace {

using sdk::KeyKind;

constexpr std::size_t kMostKeys = 16, kMostWordKeys = 4;

/// Keys of one record, without repetition and bounded: those given first are surest to be kept.
class Blocks {
 public:
  Blocks(const sdk::Record& record, sdk::Keys& keys) : record_(record), keys_(keys) {}

  /// Nothing when a part is empty: a key says that all its parts agree.
  void add(std::string_view name, std::initializer_list<std::string_view> parts) {
    std::string key(name);
    for (const std::string_view part : parts) {
      if (part.empty()) return;
      key += kPart;
      key += part;
    }
    if (given_.size() == kMostKeys || std::find(given_.begin(), given_.end(), key) != given_.end()) return;
    keys_.add(record_, KeyKind::block, key);
    given_.push_back(std::move(key));
  }

 private:
  const sdk::Record& record_;
  sdk::Keys& keys_;
  std::vector<std::string> given_;
};

/// The values by which records of any kind are brought together; the first of each kind.
struct Atoms {
  std::string given, surname, sound, date, postcode, town, number, street, organisation;
};

std::string_view first_of(const Values& values) noexcept {
  return values.empty() ? std::string_view() : values.front();
}

/// Words of a normal company name, text or address that may tell it from others.
std::vector<std::string_view> telling_words(std::string_view value) {
  std::vector<std::string_view> telling, common;
  for (std::size_t at = 0; at < value.size();) {
    const std::size_t end = std::min(value.find(' ', at), value.size());
    const std::string_view word = value.substr(at + 1, end - at - 1);
    const auto kind = static_cast<WordClass>(value[at]);
    if (kind == WordClass::name || kind == WordClass::number)
      telling.push_back(word);
    else if (kind == WordClass::common || kind == WordClass::place)
      common.push_back(word);
    at = end + 1;
  }
  if (telling.size() < 2) telling.insert(telling.end(), common.begin(), common.end());
  return telling;
}

std::string first_letters(std::string_view text, std::size_t count) { return std::string(cut(text, count)); }

/// The letters in the order of the alphabet: "face book", "book face" and "facebook" meet, and letters that
/// changed places do no harm.
std::string letters_of(std::string_view text) {
  std::string letters(text);
  std::sort(letters.begin(), letters.end());
  return letters;
}

/// A name of one word has one key, one of two words has three: a fourth for the two words together would
/// always come with that of all letters.
void add_company(const Values& values, const Atoms& atoms, Blocks& blocks) {
  for (const std::string& value : values) {
    std::vector<std::string_view> words = telling_words(value);
    if (words.empty()) continue;
    const std::size_t used = std::min(words.size(), kMostWordKeys);
    std::string run;
    for (const std::string_view word : words) run += word;
    for (std::size_t i = 0; i < used; ++i) blocks.add("w", {letters_of(words[i])});
    for (std::size_t i = 0; i + 1 < used && words.size() > 2; ++i)
      blocks.add("ww", {std::min(words[i], words[i + 1]), std::max(words[i], words[i + 1])});
    blocks.add("run", {first_letters(run, 6),
                       first_letters(atoms.postcode.empty() ? atoms.town : atoms.postcode, 3)});
    blocks.add("w", {letters_of(run)});
  }
}

void add_text(const Values& values, Blocks& blocks) {
  for (const std::string& value : values) {
    std::vector<std::string_view> words = telling_words(value);
    // Model numbers first, then long words: likely to be rare.
    const auto has_digit = [](std::string_view word) {
      return std::any_of(word.begin(), word.end(), is_digit);
    };
    std::stable_sort(words.begin(), words.end(), [&](std::string_view a, std::string_view b) {
      return std::pair(has_digit(a), a.size()) > std::pair(has_digit(b), b.size());
    });
    const std::size_t used = std::min(words.size(), kMostWordKeys);
    for (std::size_t i = 0; i < used; ++i) blocks.add("t", {words[i]});
    for (std::size_t i = 0; i < used; ++i)
      for (std::size_t j = i + 1; j < used; ++j)
        blocks.add("tt", {std::min(words[i], words[j]), std::max(words[i], words[j])});
  }
}

/// Also by its beginning and its end, for one slip leaves one of the two.
void add_identifier(const std::string& slot, const Values& values, Blocks& blocks) {
  for (const std::string& value : values) {
    blocks.add(slot, {value});
    if (value.size() < 6) continue;
    const std::size_t part = (value.size() * 2 + 2) / 3;
    blocks.add(slot + "<", {std::string_view(value).substr(0, part)});
    blocks.add(slot + ">", {std::string_view(value).substr(value.size() - part)});
  }
}

/// People meet when two things of theirs agree, so one typing error or two hide nobody.
void add_person(const Atoms& a, Blocks& blocks) {
  const std::string_view given = first_word(a.given), surname = a.surname;
  const std::string whole(whole_name(given));
  blocks.add("n", {std::min<std::string_view>(whole, surname), std::max<std::string_view>(whole, surname)});
  blocks.add("sg", {a.sound, first_letters(given, 1), a.date.substr(0, 4)});
  blocks.add("gd", {first_letters(given, 2), a.date});
  blocks.add("sd", {first_letters(surname, 1), a.date});
  blocks.add("sp", {a.sound, a.postcode});
  blocks.add("gp", {whole, a.postcode});
  blocks.add("dp", {a.date.empty() ? std::string() : a.date.substr(2), a.postcode});
  blocks.add("gs", {whole, a.sound});
  blocks.add("st", {surname, first_letters(a.town, 4)});
  blocks.add("gdm", {whole, a.date.empty() ? std::string() : a.date.substr(4)});
  blocks.add("sdm", {surname, a.date.empty() ? std::string() : a.date.substr(4)});
  blocks.add("gt", {whole, first_letters(a.town, 4)});
  blocks.add("so", {surname, a.organisation});
  blocks.add("go", {whole, a.organisation});
}

Atoms atoms_of(const Slots& slots, const std::vector<Values>& values) {
  Atoms atoms;
  const auto keep = [](std::string& atom, std::string_view value) {
    if (atom.empty()) atom = value;
  };
  for (std::size_t i = 0; i < slots.size(); ++i) {
    const std::string_view first = first_of(values[i]);
    switch (slots[i].kind) {
      case Kind::person: {
        const PersonParts parts = person_parts(first);
        keep(atoms.given, parts.given), keep(atoms.surname, parts.surname),
            keep(atoms.sound, sound_of(parts.surname));
        break;
      }
      case Kind::date:
        keep(atoms.date, first);
        break;
      case Kind::postcode:
        keep(atoms.postcode, first);
        break;
      case Kind::town:
        keep(atoms.town, first);
        break;
      case Kind::house_number:
        keep(atoms.number, first);
        break;
      case Kind::street:
        keep(atoms.street, first);
        break;
      case Kind::belongs_to: {
        const std::vector<std::string_view> words = telling_words(first);
        if (!words.empty()) keep(atoms.organisation, words.front());
        break;
      }
      default:
        break;
    }
  }
  return atoms;
}

void add_slot(const Slot& slot, const Values& values, const Atoms& atoms, Blocks& blocks) {
  switch (slot.kind) {
    case Kind::unique_id:  // a part of it brings nobody together: two that differ are two
      for (const std::string& value : values) blocks.add(slot.name, {value});
      return;
    case Kind::identifier:
    case Kind::device_name:
      return add_identifier(slot.name, values, blocks);
    case Kind::person:
      return add_person(atoms, blocks);
    case Kind::company:
      return add_company(values, atoms, blocks);
    case Kind::text:
      return add_text(values, blocks);
    case Kind::email:
      for (const std::string& value : values) blocks.add("@", {value});
      for (const std::string& value : values) {
        if (is_role_mailbox(value)) continue;
        if (local_part(value).size() > 4) blocks.add("local", {local_part(value)});
        blocks.add("lo@", {first_letters(value, 2), domain_of(value)});
      }
      return;
    case Kind::phone:
      // With and without the code of a country: equal numbers have equal ends.
      for (const std::string& value : values)
        blocks.add("tel",
                   {std::string_view(value).substr(value.size() - std::min<std::size_t>(value.size(), 7))});
      return;
    case Kind::domain:
      for (const std::string& value : values) blocks.add("dom", {value});
      return;
    case Kind::date:
      return blocks.add("date", {atoms.date, first_letters(atoms.postcode, 2)});
    case Kind::address:
      for (const std::string& value : values) {
        const std::vector<std::string_view> words = telling_words(value);
        if (words.size() > 2) blocks.add("adr", {words[0], words[1], words[2]});
      }
      return;
    case Kind::street:
      return blocks.add("str", {atoms.number, first_letters(atoms.street, 4), first_letters(atoms.town, 2)});
    default:
      return;
  }
}

/// The terms of one record.
class TermsOf {
 public:
  TermsOf(const sdk::Record& record, sdk::Keys& keys) : record_(record), keys_(keys) {}

  void add(std::size_t slot, char part, std::string_view value) {
    if (value.empty()) return;
    write_term(slot, part, value, text_);
    keys_.add(record_, KeyKind::term, text_);
  }
  void add_words(std::size_t slot, std::string_view value) {
    for (std::size_t at = 0; at < value.size();) {
      const std::size_t end = std::min(value.find(' ', at), value.size());
      if (value[at] != static_cast<char>(WordClass::legal))
        add(slot, kWord, value.substr(at + 1, end - at - 1));
      at = end + 1;
    }
  }
  void add_person(std::size_t slot, std::string_view value) {
    const PersonParts parts = person_parts(value);
    add(slot, kGivenPart, first_word(parts.given));
    add(slot, kSurnamePart, parts.surname);
  }

 private:
  const sdk::Record& record_;
  sdk::Keys& keys_;
  std::string text_;
};

void add_terms(const Slots& slots, const std::vector<Values>& values, TermsOf& terms) {
  for (std::size_t i = 0; i < slots.size(); ++i)
    for (const std::string& value : values[i]) {
      if (slots[i].kind == Kind::person) {
        terms.add_person(i, value);
        continue;
      }
      if (has_words(slots[i].kind))
        terms.add(i, kWhole, without_legal_forms(value)), terms.add_words(i, value);
      else
        terms.add(i, kWhole, value);
    }
}

}  // namespace

void write_term(std::size_t slot, char part, std::string_view value, std::string& text) {
  text.assign({static_cast<char>('A' + slot), part});
  text += cut(value, 240);
}

void add_keys(const Slots& slots, const std::vector<Values>& values, const sdk::Record& record,
              sdk::Keys& keys) {
  const Atoms atoms = atoms_of(slots, values);
  Blocks blocks(record, keys);
  for (std::size_t i = 0; i < slots.size(); ++i)
    if (!values[i].empty()) add_slot(slots[i], values[i], atoms, blocks);
  TermsOf terms(record, keys);
  add_terms(slots, values, terms);
}

}  // namespace psabridge::similar
