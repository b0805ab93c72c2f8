// Two records with one source id in one connection are one record.
#include <psabridge/plugin.hpp>
#include <string>

namespace {

using namespace psabridge::sdk;

class Identity final : public DedupStrategy {
  void keys(const Batch& records, Keys& keys) override {
    for (const Record record : records) keys.add(record, KeyKind::source_id, record.source_id());
  }

  void score(const Record& probe, const Batch& candidates, Matches& matches) override {
    if (candidates.connection() != probe.batch().connection()) return;
    for (const Record candidate : candidates)
      if (candidate.source_id() == probe.source_id())
        matches.add(candidate, Verdict::same, 1.0, evidence(probe));
  }

  static std::string evidence(const Record& probe) {
    return "Both have the source id " + std::string(probe.source_id()) + " in connection \"" +
           std::string(probe.batch().connection()) + "\".";
  }
};

}  // namespace

PSABRIDGE_PLUGIN("org.psabridge.dedup.identity", PSABRIDGE_VERSION, "psabridge",
                 "Joins records of one connection by their source id",
                 dedup<Identity>("identity",
                                 "Records with the same source id in the same connection are the same"));
