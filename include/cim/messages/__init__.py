"""Messages of flexibility: OpenADR 3 and USEF's Flex Trading Protocol (UFTP), and what they have in common."""
