@misbehaviour
Feature: BVKB sends something wrong
  What is wrong is refused with an error message, money in doubt is left alone, and what is right is applied once.
  Latviski: BVKB nosūta ko nepareizu

  @ERR-05 @DIS-06 @PAY-02 @PAY-03
  Scenario Outline: The list of discounts <flaw>, and the right one comes later
    Latviski: Atlaižu saraksts <kļūme>, un pareizais nāk vēlāk
    Given it is 2 March 2026
    And Anna Bērziņa is poor or low-income since 1 January 2026
    When Anna Bērziņa signs contract 0012345678 from 1 March 2026
    And the retailer reports its contracts
    And BVKB's next discount list <flaw>
    And ALDIS decides for March 2026
    And the retailer fetches its discounts
    And BVKB sends the discounts of March 2026 again
    And the retailer fetches its discounts
    And the retailer bills contract 0012345678 for March 2026: 35.40 EUR net
    And the retailer reports its payouts
    And time goes on to 22 April 2026
    Then ALDIS has granted Anna Bērziņa 20.00 EUR in March 2026
    And the retailer has done all that is required of it

    Examples:
      | flaw                              | kļūme                                |
      | is not valid by its schema        | neatbilst shēmai                     |
      | has an amount with three decimals | satur summu ar trim zīmēm aiz komata |

  @ERR-06 @DIS-07 @PAY-02 @PAY-03
  Scenario: The list of discounts is another retailer's, and the right one comes later
    Latviski: Atlaižu saraksts ir cita tirgotāja, un pareizais nāk vēlāk
    Given it is 2 March 2026
    And Anna Bērziņa is poor or low-income since 1 January 2026
    When Anna Bērziņa signs contract 0012345678 from 1 March 2026
    And the retailer reports its contracts
    And BVKB's next discount list is another retailer's
    And ALDIS decides for March 2026
    And the retailer fetches its discounts
    And BVKB sends the discounts of March 2026 again
    And the retailer fetches its discounts
    And the retailer bills contract 0012345678 for March 2026: 35.40 EUR net
    And the retailer reports its payouts
    And time goes on to 22 April 2026
    Then ALDIS has granted Anna Bērziņa 20.00 EUR in March 2026
    And the retailer has done all that is required of it

  @ERR-05 @DIS-06 @PAY-10
  Scenario Outline: The list of discounts <flaw>, and nothing is taken off
    Latviski: Atlaižu saraksts <kļūme>, un neko neatskaita
    Given it is 2 March 2026
    And Anna Bērziņa is poor or low-income since 1 January 2026
    When Anna Bērziņa signs contract 0012345678 from 1 March 2026
    And the retailer reports its contracts
    And BVKB's next discount list <flaw>
    And ALDIS decides for March 2026
    And the retailer fetches its discounts
    And the retailer bills contract 0012345678 for March 2026: 35.40 EUR net
    And the retailer reports its payouts
    And time goes on to 22 April 2026
    Then the retailer has done all that is required of it

    Examples:
      | flaw                              | kļūme                                |
      | is not valid by its schema        | neatbilst shēmai                     |
      | has an amount with three decimals | satur summu ar trim zīmēm aiz komata |

  @ERR-06 @DIS-07 @PAY-10
  Scenario: The list of discounts is another retailer's, and nothing is taken off
    Latviski: Atlaižu saraksts ir cita tirgotāja, un neko neatskaita
    Given it is 2 March 2026
    And Anna Bērziņa is poor or low-income since 1 January 2026
    When Anna Bērziņa signs contract 0012345678 from 1 March 2026
    And the retailer reports its contracts
    And BVKB's next discount list is another retailer's
    And ALDIS decides for March 2026
    And the retailer fetches its discounts
    And the retailer bills contract 0012345678 for March 2026: 35.40 EUR net
    And the retailer reports its payouts
    And time goes on to 22 April 2026
    Then the retailer has done all that is required of it

  @DIS-04 @PAY-03
  Scenario: The list of discounts also names a contract that nobody signed
    Latviski: Atlaižu sarakstā ir arī līgums, kuru neviens nav slēdzis
    Given it is 2 March 2026
    And Anna Bērziņa is poor or low-income since 1 January 2026
    When Anna Bērziņa signs contract 0012345678 from 1 March 2026
    And the retailer reports its contracts
    And BVKB's next discount list also names a contract that nobody signed
    And ALDIS decides for March 2026
    And the retailer fetches its discounts
    And the retailer bills contract 0012345678 for March 2026: 35.40 EUR net
    And the retailer reports its payouts
    And time goes on to 22 April 2026
    Then ALDIS has granted Anna Bērziņa 20.00 EUR in March 2026
    And the retailer has done all that is required of it

  @DIS-04 @PAY-03
  Scenario: The list of discounts also tells of another retailer's customer
    Latviski: Atlaižu sarakstā ir arī cita tirgotāja klients
    Given it is 2 March 2026
    And Anna Bērziņa is poor or low-income since 1 January 2026
    And Jānis Kalniņš is poor or low-income since 1 January 2026
    When Anna Bērziņa signs contract 0012345678 from 1 March 2026
    And the retailer reports its contracts
    And Jānis Kalniņš signs contract 5551 of the other retailer from 1 March 2026
    And BVKB's next discount list also tells of another retailer's customer
    And ALDIS decides for March 2026
    And the retailer fetches its discounts
    And the retailer bills contract 0012345678 for March 2026: 35.40 EUR net
    And the retailer reports its payouts
    And time goes on to 22 April 2026
    Then ALDIS has granted Anna Bērziņa 20.00 EUR in March 2026
    And the retailer has done all that is required of it

  @PAY-10
  Scenario: The list of discounts is empty although there were decisions
    Latviski: Atlaižu saraksts ir tukšs, lai gan lēmumi bija
    Given it is 2 March 2026
    And Anna Bērziņa is poor or low-income since 1 January 2026
    When Anna Bērziņa signs contract 0012345678 from 1 March 2026
    And the retailer reports its contracts
    And BVKB's next discount list is empty
    And ALDIS decides for March 2026
    And the retailer fetches its discounts
    And the retailer bills contract 0012345678 for March 2026: 35.40 EUR net
    And the retailer reports its payouts
    And time goes on to 22 April 2026
    Then the retailer has done all that is required of it

  @PAY-02
  Scenario: The list of discounts arrives twice
    Latviski: Atlaižu saraksts pienāk divreiz
    Given it is 2 March 2026
    And Anna Bērziņa is poor or low-income since 1 January 2026
    When Anna Bērziņa signs contract 0012345678 from 1 March 2026
    And the retailer reports its contracts
    And BVKB's next discount list arrives twice
    And ALDIS decides for March 2026
    And the retailer fetches its discounts
    And the retailer bills contract 0012345678 for March 2026: 18.00 EUR net
    And the retailer reports its payouts
    And ALDIS decides for April 2026
    And the retailer fetches its discounts
    And the retailer bills contract 0012345678 for April 2026: 60.00 EUR net
    And the retailer reports its payouts
    And time goes on to 22 May 2026
    Then ALDIS has granted Anna Bērziņa 20.00 EUR in March 2026
    And the retailer has done all that is required of it

  @PAY-02
  Scenario: BVKB sends the same list again a month later
    Latviski: BVKB pēc mēneša nosūta to pašu sarakstu vēlreiz
    Given it is 2 March 2026
    And Anna Bērziņa is poor or low-income since 1 January 2026
    When Anna Bērziņa signs contract 0012345678 from 1 March 2026
    And the retailer reports its contracts
    And ALDIS decides for March 2026
    And the retailer fetches its discounts
    And the retailer bills contract 0012345678 for March 2026: 35.40 EUR net
    And the retailer reports its payouts
    And BVKB sends the discounts of March 2026 again
    And ALDIS decides for April 2026
    And the retailer fetches its discounts
    And the retailer bills contract 0012345678 for April 2026: 60.00 EUR net
    And the retailer reports its payouts
    And time goes on to 22 May 2026
    Then ALDIS has granted Anna Bērziņa 20.00 EUR in March 2026
    And the retailer has done all that is required of it

  @PAY-03 @PAY-04
  Scenario: The lists of two months arrive in the wrong order
    Latviski: Divu mēnešu saraksti pienāk nepareizā secībā
    Given it is 2 March 2026
    And Anna Bērziņa is poor or low-income since 1 January 2026
    When Anna Bērziņa signs contract 0012345678 from 1 March 2026
    And the retailer reports its contracts
    And BVKB's next discount list is held up until after the following one
    And ALDIS decides for March 2026
    And the retailer fetches its discounts
    And ALDIS decides for April 2026
    And the retailer fetches its discounts
    And the retailer bills contract 0012345678 for April 2026: 73.15 EUR net
    And the retailer reports its payouts
    And time goes on to 22 May 2026
    Then ALDIS has granted Anna Bērziņa 20.00 EUR in April 2026
    And the retailer has done all that is required of it

  @DIS-01 @PAY-02
  Scenario: The end of support arrives before the last grant
    Latviski: Atbalsta beigas pienāk pirms pēdējā piešķīruma
    Given it is 2 March 2026
    And Anna Bērziņa is poor or low-income from 1 January 2026 until 30 April 2026
    When Anna Bērziņa signs contract 0012345678 from 1 March 2026
    And the retailer reports its contracts
    And ALDIS decides for March 2026
    And the retailer fetches its discounts
    And the retailer bills contract 0012345678 for March 2026: 35.40 EUR net
    And the retailer reports its payouts
    And BVKB's next discount list is held up until after the following one
    And ALDIS decides for April 2026
    And ALDIS decides for May 2026
    And the retailer fetches its discounts
    And the retailer bills contract 0012345678 for April 2026: 11.00 EUR net
    And the retailer bills contract 0012345678 for May 2026: 60.00 EUR net
    And the retailer reports its payouts
    And time goes on to 22 June 2026
    Then ALDIS has granted Anna Bērziņa 0.00 EUR in May 2026
    And the retailer has done all that is required of it

  @DIT-02 @DIT-09
  Scenario Outline: An error message about contracts <flaw>
    Latviski: Kļūdas ziņojums par līgumiem <kļūme>
    Given it is 2 March 2026
    And Anna Bērziņa is poor or low-income since 1 January 2026
    And the retailer has noted a wrong personal code for Anna Bērziņa
    When Anna Bērziņa signs contract 0012345678 from 1 March 2026
    And BVKB's next error message <flaw>
    And the retailer reports its contracts
    And the retailer reports its contracts
    And the retailer corrects the personal code of Anna Bērziņa on contract 0012345678
    And the retailer reports its contracts
    And ALDIS decides for March 2026
    And the retailer fetches its discounts
    And the retailer bills contract 0012345678 for March 2026: 35.40 EUR net
    And the retailer reports its payouts
    And time goes on to 22 April 2026
    Then the retailer has done all that is required of it

    Examples:
      | flaw                       | kļūme            |
      | arrives twice              | pienāk divreiz   |
      | is not valid by its schema | neatbilst shēmai |

  @DIT-02 @DIT-09 @ERR-02
  Scenario Outline: An error message about payouts <flaw>
    Latviski: Kļūdas ziņojums par izmaksām <kļūme>
    Given it is 2 March 2026
    And Anna Bērziņa is poor or low-income since 1 January 2026
    When Anna Bērziņa signs contract 0012345678 from 1 March 2026
    And the retailer reports its contracts
    And ALDIS decides for March 2026
    And the retailer fetches its discounts
    And the retailer bills contract 0012345678 for March 2026: 35.40 EUR net
    And the next time the retailer sends a message, the answer gets lost although all was done
    And BVKB's next error message <flaw>
    And the retailer reports its payouts
    And the retailer reports its payouts
    And ALDIS decides for April 2026
    And the retailer runs its whole exchange
    And the retailer bills contract 0012345678 for April 2026: 60.00 EUR net
    And the retailer reports its payouts
    And time goes on to 22 May 2026
    Then ALDIS has granted Anna Bērziņa 20.00 EUR in March 2026
    And the retailer has done all that is required of it

    Examples:
      | flaw                                     | kļūme                               |
      | arrives twice                            | pienāk divreiz                      |
      | is not valid by its schema               | neatbilst shēmai                    |
      | is held up until after the following one | aizkavējas līdz pēc nākamā ziņojuma |

  @DIT-02 @DIT-09 @ERR-02
  Scenario: An error message about contracts is held up until after the discounts
    Latviski: Kļūdas ziņojums par līgumiem aizkavējas līdz pēc atlaižu saraksta
    Given it is 2 March 2026
    And Anna Bērziņa is poor or low-income since 1 January 2026
    When Anna Bērziņa signs contract 0012345678 from 1 March 2026
    And the next time the retailer sends a message, the answer gets lost although all was done
    And BVKB's next error message is held up until after the following one
    And the retailer reports its contracts
    And the retailer reports its contracts
    And ALDIS decides for March 2026
    And the retailer runs its whole exchange
    And the retailer bills contract 0012345678 for March 2026: 35.40 EUR net
    And the retailer reports its payouts
    And time goes on to 22 April 2026
    Then ALDIS has granted Anna Bērziņa 20.00 EUR in March 2026
    And the retailer has done all that is required of it
