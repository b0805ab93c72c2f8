// Records whose fields say the same, word for word.
#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <array>
#include <psabridge/json.hpp>
#include <psabridge/plugin.hpp>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "dedup/common/evidence.h"
#include "dedup/common/fields.h"

namespace {

using namespace psabridge::sdk;
using namespace psabridge::dedup;

constexpr std::string_view kSettings = R"({
  "type": "object",
  "properties": {
    "fields": {
      "type": "array", "minItems": 1, "uniqueItems": true,
      "items": {"type": "string", "minLength": 1},
      "description": "Fields that must say the same; custom.NAME is a custom field. Default: all texts but ids, addresses of pages and names of other records"
    },
    "verdict": {
      "enum": ["same", "review"], "default": "review",
      "description": "What records with the same content are"
    },
    "fields_filled": {
      "type": "integer", "minimum": 1, "maximum": 100, "default": 2,
      "description": "Records with fewer filled fields say too little to be compared"
    }
  },
  "additionalProperties": false
})";

/// Ids and pages say where a record is kept, not what it says.
bool is_reference(std::string_view field) {
  constexpr auto kEndings =
      std::to_array<std::string_view>({"_id", "_ids", "_url", "guid", "_number", "_dn"});
  return field == "url" ||
         std::ranges::any_of(kEndings, [field](std::string_view ending) { return field.ends_with(ending); });
}

/// "client_name" beside "client_id" repeats what another record says.
bool names_relation(const Batch& batch, std::string_view field) {
  constexpr std::string_view kName = "_name";
  if (!field.ends_with(kName)) return false;
  field.remove_suffix(kName.size());
  return batch.field(std::string(field) + "_id").has_value();
}

/// Sorted, so that connections that order their fields otherwise agree.
std::vector<std::string> default_fields(const Batch& batch) {
  std::vector<std::string> fields;
  for (std::size_t i = 0; i < batch.field_count(); ++i) {
    const std::string_view field = batch.field_name({i});
    if (!is_reference(field) && !names_relation(batch, field)) fields.emplace_back(field);
  }
  std::ranges::sort(fields);
  return fields;
}

/// ASCII letters in lower case, and one blank for all that is no letter or digit.
std::string normal_content(std::string_view text) {
  std::string words;
  words.reserve(text.size());
  for (const char c : text) {
    const char low = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    const bool in_word =
        (low >= 'a' && low <= 'z') || (low >= '0' && low <= '9') || static_cast<unsigned char>(low) >= 0x80;
    if (in_word)
      words += low;
    else if (!words.empty() && words.back() != ' ')
      words += ' ';
  }
  if (words.ends_with(' ')) words.pop_back();
  return words;
}

/// The content of one record, with an excerpt for people.
class Content {
 public:
  Content() { XXH3_128bits_reset(&state_); }

  void add(std::string_view field, const std::vector<std::string>& texts) {
    std::string content;
    for (const std::string& text : texts) content += normal_content(text) + '\n';
    if (content.size() == texts.size()) return;  // nothing but line ends
    ++filled_;
    add_part(field);
    add_part(content);
    constexpr std::size_t kLongestExcerpt = 40, kMostExcerpts = 4;
    if (filled_ > kMostExcerpts) return;
    const std::string first = content.substr(0, content.find('\n'));
    excerpt_ += (excerpt_.empty() ? "" : ", ") + std::string(field) + " \"" +
                (first.size() <= kLongestExcerpt ? first : std::to_string(first.size()) + " characters") +
                "\"";
  }
  std::size_t filled() const noexcept { return filled_; }
  const std::string& excerpt() const noexcept { return excerpt_; }

  std::string hex() const {
    XXH128_canonical_t bytes;
    XXH128_canonicalFromHash(&bytes, XXH3_128bits_digest(&state_));
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string digits;
    for (const unsigned char byte : bytes.digest) digits += {kDigits[byte >> 4], kDigits[byte & 15]};
    return digits;
  }

 private:
  /// With its length, so that no two lists of parts run into the same bytes.
  void add_part(std::string_view part) {
    const std::string length = std::to_string(part.size()) + ':';
    XXH3_128bits_update(&state_, length.data(), length.size());
    XXH3_128bits_update(&state_, part.data(), part.size());
  }

  XXH3_state_t state_;
  std::size_t filled_ = 0;
  std::string excerpt_;
};

class Digest final : public DedupStrategy {
 public:
  Digest(Host&, std::string_view settings_json) {
    const Json settings = Json::parse(settings_json);
    std::set<std::string> fields;
    for (const Json& field : settings["fields"].elements()) fields.insert(field.text());
    fields_.assign(fields.begin(), fields.end());
    verdict_ = settings["verdict"].text("review") == "same" ? Verdict::same : Verdict::review;
    filled_ = static_cast<std::size_t>(settings["fields_filled"].number(2));
  }

  // The form is "<hash>\t<number of fields>\t<excerpt>"; the hash is the key.
  void keys(const Batch& records, Keys& keys) override {
    const std::vector<std::string> fields = fields_.empty() ? default_fields(records) : fields_;
    const std::size_t enough = fields_.empty() ? filled_ : std::min(filled_, fields_.size());
    for (const Record record : records) {
      Content content;
      for (const std::string& field : fields)
        if (is_text(record, field)) content.add(field, field_texts(record, field));
      if (content.filled() < enough) continue;
      const std::string hash = content.hex();
      keys.add(record, KeyKind::block, hash);
      keys.form(record, hash + '\t' + std::to_string(content.filled()) + '\t' + content.excerpt());
    }
  }

  void compare(std::string_view probe, const Forms& candidates, const Terms& terms,
               Weights& weights) override {
    const std::string_view hash = hash_of(probe);
    if (hash.empty()) return;
    const Weight weight = shared_id_weight(terms.count(KeyKind::block, hash)) - kOfIds;
    for (std::size_t i = 0; i < candidates.size(); ++i) {
      if (hash_of(candidates[i]) != hash) continue;
      Evidence evidence(weights.reasons());
      evidence.add("content", weight, [probe] { return explain(probe); });
      evidence.give(i, verdict_, false, weights);
    }
  }

 private:
  static constexpr Weight kOfIds = 10 * kBit;  // equal words are less than an equal id

  /// Times are when, not what; booleans and numbers of a default list say too little.
  bool is_text(const Record& record, std::string_view field) const {
    const psabridge_type type = record.value(field).type;
    return type == PSABRIDGE_TYPE_TEXT || (!fields_.empty() && type != PSABRIDGE_TYPE_TIME);
  }
  static std::string_view hash_of(std::string_view form) { return form.substr(0, form.find('\t')); }
  static std::string explain(std::string_view form) {
    form.remove_prefix(std::min(hash_of(form).size() + 1, form.size()));
    const std::size_t tab = std::min(form.find('\t'), form.size());
    return "Both say the same in all " + std::string(form.substr(0, tab)) +
           " filled fields: " + std::string(form.substr(std::min(tab + 1, form.size()))) + ".";
  }

  std::vector<std::string> fields_;  // none: the texts of the entity
  Verdict verdict_;
  std::size_t filled_;
};

}  // namespace

PSABRIDGE_PLUGIN("org.psabridge.dedup.digest", PSABRIDGE_VERSION, "psabridge",
                 "Finds records with the same content",
                 dedup<Digest>("digest", "Records whose texts are equal but for case and punctuation",
                               kSettings));
