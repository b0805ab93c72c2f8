// Keys under which records meet, and terms whose frequency weighs them.
#pragma once
#include <psabridge/plugin.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "form.h"
#include "settings.h"

namespace psabridge::similar {

/// Gives the record's block keys, at most sixteen, and its terms.
void add_keys(const Slots& slots, const std::vector<Values>& values, const sdk::Record& record,
              sdk::Keys& keys);

/// Writes the term of a value of a slot, for counting. `part` tells kinds of terms of one slot apart.
void write_term(std::size_t slot, char part, std::string_view value, std::string& text);

// Parts.
inline constexpr char kWhole = '=';  ///< the whole value
inline constexpr char kWord = 'w';   ///< a word of a name or text
inline constexpr char kGivenPart = 'g';
inline constexpr char kSurnamePart = 's';

}  // namespace psabridge::similar
