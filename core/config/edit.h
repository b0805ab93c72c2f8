// Edits of the configuration's text: an entry comes or goes, and every comment and every other byte stays.
// Each edit is proved before it is given out: the new text is read again and must mean what the old one meant
// but for the entry.
#pragma once
#include <span>
#include <string>
#include <string_view>

namespace psabridge::config {

/// `yaml` with the entry `name:` at the end of the top-level mapping `section` ("connections", "pipelines"),
/// which is made when it is missing. `block` is the entry's value: the lines of a mapping, nested by two
/// blanks a level; they are indented as the file's own entries are, and take its line ends. Throws
/// ConfigError when the text cannot be read, Error PB1605 when the name is taken, Error PB1012 with the block
/// to paste when the section is written in a way that is not edited here, such as in braces.
std::string with_entry(std::string_view yaml, std::string_view section, std::string_view name,
                       std::string_view block);

/// `yaml` without that entry. Comments directly above it that are indented like it go too. Throws
/// ConfigError when the text cannot be read, Error PB1602 when there is no such entry, Error PB1012 when it
/// cannot be cut out.
std::string without_entry(std::string_view yaml, std::string_view section, std::string_view name);

/// `yaml` with other items in the list `key` of that entry, each a value in flow style (JSON is such), on a
/// line of its own. Comments within the old list are lost. Throws ConfigError when the text cannot be read,
/// Error PB1602 when there is no such list, Error PB1012 with the lines to paste when it cannot be exchanged.
std::string with_items(std::string_view yaml, std::string_view section, std::string_view name,
                       std::string_view key, std::span<const std::string> items);

}  // namespace psabridge::config
