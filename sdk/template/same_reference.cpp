// A dedup strategy: records whose reference, the account number that people gave, is equal are duplicates.
#include <psabridge/json.hpp>
#include <psabridge/plugin.hpp>

namespace {

using namespace psabridge::sdk;

// What an admin may write beside `use: same_reference`. The host checks it before it creates the strategy.
constexpr std::string_view kSettings = R"({
  "type": "object",
  "properties": {
    "field": {"type": "string", "minLength": 1, "default": "reference", "description": "Field with the reference"},
    "merge": {"type": "boolean", "default": false,
              "description": "true: an equal reference is proof; false: a person looks first"}
  },
  "additionalProperties": false
})";

class SameReference : public DedupStrategy {
 public:
  SameReference(Host&, std::string_view settings_json) {
    const Json settings = Json::parse(settings_json);
    field_ = settings["field"].text("reference");
    verdict_ = settings["merge"].boolean() ? Verdict::same : Verdict::review;
  }

  // The host looks for candidates by these keys: records without one are compared with nothing.
  void keys(const Batch& records, Keys& keys) override {
    for (const Record record : records)
      if (const std::string reference = reference_of(record); !reference.empty())
        keys.add(record, KeyKind::block, reference);
  }

  // The candidates share a key with the probe, but perhaps one of another strategy: look again.
  void score(const Record& probe, const Batch& candidates, Matches& matches) override {
    const std::string reference = reference_of(probe);
    if (reference.empty()) return;
    for (const Record candidate : candidates)
      if (reference_of(candidate) == reference)
        matches.add(candidate, verdict_, kScore, "Both have the reference " + reference + ".");
  }

 private:
  static constexpr double kScore = 0.9;  // people mistype numbers and use old ones again

  /// "ac-0012", " AC 0012": as one writes it without thinking. Empty for what is no reference.
  std::string reference_of(const Record& record) const {
    constexpr std::size_t kShortest = 4, kLongest = 64;
    std::string reference;
    bool digit = false;
    for (const char c : record.text(field_)) {
      if (c >= '0' && c <= '9') digit = true;
      if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z')) reference += c;
      if (c >= 'a' && c <= 'z') reference += static_cast<char>(c - 'a' + 'A');
      if (reference.size() > kLongest) return {};
    }
    return digit && reference.size() >= kShortest ? reference : std::string();
  }

  std::string field_;
  Verdict verdict_;
};

}  // namespace

PSABRIDGE_PLUGIN("com.example.same-reference", "1.0.0", "Example Ltd",
                 "Finds records with the same reference",
                 dedup<SameReference>("same_reference", "Records with the same reference are duplicates",
                                      kSettings));
