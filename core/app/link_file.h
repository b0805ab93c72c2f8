// Links as a CSV file: read with a preview of what each line would do, and written so that it can be read
// again.
#pragma once
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/app/link_intake.h"
#include "core/base/csv.h"

namespace psabridge::app {

/// What one line of a file would do.
struct ImportedLine {
  enum class Effect { fresh, same, change, mistake };
  std::size_t line = 0;
  std::string client, team;  ///< as written
  Effect effect = Effect::mistake;
  std::string what;       ///< "new", "same", what changes, or what is wrong
  store::Link link = {};  ///< to be added or, with its number, changed
};

/// Reads links of several connections; what several lines say of one link is a mistake.
class LinkImport {
 public:
  /// `connection_of`: the connection of a name that a line gives, empty when it gives none; throws Error.
  LinkImport(const store::Reader& reader, std::function<std::string(const std::string&)> connection_of,
             std::string now)
      : reader_(reader), connection_of_(std::move(connection_of)), now_(std::move(now)) {}

  /// Throws Error PB1829 when it is no CSV, PB1830 for its first line.
  std::vector<ImportedLine> read(std::string_view text);

 private:
  void take(const Csv& csv, const Csv::Row& row, ImportedLine& line);
  LinkIntake& intake_of(const std::string& connection);

  const store::Reader& reader_;
  const std::function<std::string(const std::string&)> connection_of_;
  const std::string now_;
  std::map<std::string, std::unique_ptr<LinkIntake>> intakes_;  ///< by connection
  /// (connection, client) to the lines that were read of it.
  std::map<std::pair<std::string, std::string>, std::vector<std::pair<std::size_t, store::Link>>> seen_;
};

/// With the line that names the columns.
std::string links_csv(const std::vector<std::pair<store::Link, std::string>>& links_and_client_names);

}  // namespace psabridge::app
