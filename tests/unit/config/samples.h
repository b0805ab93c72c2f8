// Configurations that several tests share.
#pragma once
#include <string>
#include <vector>

namespace psabridge::config::samples {

/// A bad configuration and the one thing that must be said about it.
struct Bad {
  std::string yaml;
  std::string code;
  int line, column;
  std::string words;           ///< part of the message
  bool seen_by_schema = true;  ///< false for what a JSON Schema cannot express
};

/// A sound start, lines 1 to 5, that cases add to.
inline const std::string kConnection =
    "version: 1\n"
    "connections:\n"
    "  acme:\n"
    "    connector: halo\n"
    "    url: https://acme.example.com\n";

/// The same with a pipeline, lines 6 to 10; cases go on with its keys.
inline const std::string kPipeline = kConnection +
                                     "pipelines:\n"
                                     "  acme:\n"
                                     "    connection: acme\n"
                                     "    entities:\n"
                                     "      client: {}\n";

/// Everything that is wrong with values; what is wrong with the YAML itself stands in bad_input_test.cpp.
const std::vector<Bad>& bad_values();

}  // namespace psabridge::config::samples
