// What the bench found: figures beside their yardsticks, and whether each goal is met.
#pragma once

#include <string>
#include <vector>

namespace psabridge::bench {

struct Figure {
  std::string what;
  double measured = 0;
  std::string unit;
  double yardstick = 0;
  std::string yardstick_is;  ///< what the yardstick stands for
  std::string goal;          ///< in words: "at least 40 % of it"
  bool met = false;
};

/// One aligned table; the last column says "met" or "MISSED".
std::string table_of(const std::vector<Figure>& figures);
/// The same facts as a JSON array.
std::string json_of(const std::vector<Figure>& figures);
bool all_met(const std::vector<Figure>& figures);

}  // namespace psabridge::bench
