// Two records before a dedup strategy, through the doors that the host uses.
#pragma once
#include <cstdint>
#include <map>
#include <psabridge/testkit.hpp>
#include <string>
#include <vector>

namespace psabridge::test {

/// A record by field. Values of "closed" are booleans, of fields that end with "_at" times, of "asset_ids"
/// JSON; all others are texts.
struct Given {
  std::map<std::string, std::string> fields;
  std::string connection = "halo";
  std::string custom = "{}";
};

/// What a strategy said of a pair.
struct Judged {
  bool candidates = false;  ///< they share a block key, so that the host compares them at all
  bool named = false;
  sdk::Verdict verdict = sdk::Verdict::distinct;
  sdk::Weight weight = 0;
  bool veto = false;
  std::vector<testkit::Reason> reasons;
};

/// A role of a plugin, created with settings.
class Strategy {
 public:
  Strategy(const std::string& role, std::string entity, std::string_view settings = "{}");

  /// Compares both ways round, and requires that neither weight, verdict nor veto depends on it, that the
  /// parts add up to the weight and that every part says something. `others`: further live records with each
  /// key that the two share.
  Judged judge(const Given& a, const Given& b, std::uint64_t others = 0);
  testkit::Keyed keyed(const Given& record);

 private:
  testkit::Weighed compare_one(const std::string& probe, const std::string& candidate,
                               const testkit::TermCounts& counts);

  testkit::FakeHost host_;
  std::string entity_;
  testkit::DedupStrategy strategy_;
};

}  // namespace psabridge::test
