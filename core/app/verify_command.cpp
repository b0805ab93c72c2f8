#include "core/app/commands.h"
#include "core/app/terminal.h"

namespace psabridge::app {
namespace {

namespace json = boost::json;

constexpr int kDifferencesFound = 6;

/// A reference to a record that is not stored is a difference to the source, everything else a broken
/// invariant of the store.
bool is_difference(const store::Finding& finding) { return finding.check == "dangling"; }

int status_of(const std::vector<store::Finding>& findings) {
  int status = 0;
  for (const auto& finding : findings) {
    if (!is_difference(finding)) return exit_status(ErrorClass::integrity);
    status = kDifferencesFound;
  }
  return status;
}

Outcome verify(Context& context) {
  auto findings = context.reader().verify();
  for (auto& line : context.journal_reader().verify()) findings.push_back({"journal", "", std::move(line)});
  json::array data;
  Table table({"check", "entity", "finding"});
  for (const auto& finding : findings) {
    data.push_back(json::object{{"kind", is_difference(finding) ? "difference" : "integrity"},
                                {"check", finding.check},
                                {"entity", finding.entity},
                                {"detail", finding.detail}});
    table.add({finding.check, finding.entity, finding.detail});
  }
  return {.data = json::object{{"findings", std::move(data)}},
          .text = table.text("The store and its journal are in order: every check passed."),
          .status = status_of(findings)};
}

}  // namespace

void add_verify_command(CommandTree& tree) {
  tree.add(tree.root(),
           {"verify",
            "Check everything that must always be true of the store and its journal (exit 8: broken, 6: "
            "references to "
            "records that are missing)",
            "psabridge verify --json"},
           verify);
}

}  // namespace psabridge::app
