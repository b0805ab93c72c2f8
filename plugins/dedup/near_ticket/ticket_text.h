// Summaries of tickets, as far as it takes to see that two tell the same. Pure functions, any thread.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace psabridge::dedup {

struct TicketText {
  std::string words;  ///< lower case, one blank between them; of a long text the first, then "#" and its hash
  bool reply = false;    ///< the summary was that of an answer or a forwarded mail
  std::string answered;  ///< the number of the ticket that it names, as answers to a desk's mail do
};

/// A summary without politeness and marks of mail programs ("RE: FW:", "[EXTERNAL]", "[ID:0004711]").
TicketText ticket_text(std::string_view summary);

enum class Likeness {
  other,
  other_figures,  ///< the same words with other numbers, or other names that hold a digit
  similar,        ///< the same but for typing errors, of which there are many
  near,           ///< the same but for typing errors
  equal
};

/// How alike two texts of ticket_text() are. `similarity` in 0..1: below it, texts are no near ones.
Likeness likeness(std::string_view a, std::string_view b, double similarity);

/// Share of equal characters in per cent, rounded down, for people.
int percent_alike(std::string_view a, std::string_view b);

/// Short values that texts with most words in common have in common too (MinHash of the words); at most
/// four.
std::vector<std::uint64_t> word_samples(std::string_view words);

/// The same for equal texts, and for no others that one may expect to meet.
std::uint64_t text_hash(std::string_view text);

}  // namespace psabridge::dedup
