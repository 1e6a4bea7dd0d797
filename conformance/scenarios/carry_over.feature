Feature: What a bill is too small for
  Support never goes beyond the net bill and never covers VAT. What is left carries over to the next month, and lapses with the
  calendar year.
  Latviski: Kad rēķins ir mazāks par atbalstu

  @PAY-01 @PAY-03 @PAY-04
  Scenario: The bill is smaller than the support
    Latviski: Rēķins ir mazāks par atbalstu
    Given it is 2 March 2026
    And Anna Bērziņa is poor or low-income since 1 January 2026
    When Anna Bērziņa signs contract 0012345678 from 1 March 2026
    And the retailer reports its contracts
    And ALDIS decides for March 2026
    And the retailer fetches its discounts
    And the retailer bills contract 0012345678 for March 2026: 12.34 EUR net
    And the retailer reports its payouts
    And ALDIS decides for April 2026
    And the retailer fetches its discounts
    And the retailer bills contract 0012345678 for April 2026: 26.99 EUR net
    And the retailer reports its payouts
    And ALDIS decides for May 2026
    And the retailer fetches its discounts
    And the retailer bills contract 0012345678 for May 2026: 50.00 EUR net
    And the retailer reports its payouts
    And time goes on to 22 June 2026
    Then ALDIS has granted Anna Bērziņa 20.00 EUR in April 2026
    And the retailer has done all that is required of it

  @PAY-13
  Scenario: A bill of nothing leaves all the support for the next one
    Latviski: Nulles rēķins atstāj visu atbalstu nākamajam
    Given it is 2 March 2026
    And Anna Bērziņa is poor or low-income since 1 January 2026
    When Anna Bērziņa signs contract 0012345678 from 1 March 2026
    And the retailer reports its contracts
    And ALDIS decides for March 2026
    And the retailer fetches its discounts
    And the retailer bills contract 0012345678 for March 2026: 0.00 EUR net
    And the retailer reports its payouts
    And ALDIS decides for April 2026
    And the retailer fetches its discounts
    And the retailer bills contract 0012345678 for April 2026: 39.99 EUR net
    And the retailer reports its payouts
    And time goes on to 22 May 2026
    Then the retailer has done all that is required of it

  @PAY-05
  Scenario: What is left at the end of the year lapses
    Latviski: Gada beigās neizlietotais dzēšas
    Given it is 2 November 2026
    And Anna Bērziņa is poor or low-income since 1 January 2026
    When Anna Bērziņa signs contract 0012345678 from 1 November 2026
    And the retailer reports its contracts
    And ALDIS decides for November 2026
    And the retailer fetches its discounts
    And the retailer bills contract 0012345678 for November 2026: 9.15 EUR net
    And the retailer reports its payouts
    And ALDIS decides for December 2026
    And the retailer fetches its discounts
    And the retailer bills contract 0012345678 for December 2026: 10.01 EUR net
    And the retailer reports its payouts
    And ALDIS decides for January 2027
    And the retailer fetches its discounts
    And the retailer bills contract 0012345678 for January 2027: 77.00 EUR net
    And the retailer reports its payouts
    And time goes on to 22 February 2027
    Then ALDIS has granted Anna Bērziņa 20.00 EUR in January 2027
    And the retailer has done all that is required of it

  @PAY-01 @PAY-03
  Scenario: The support covers the whole net bill and the customer pays the tax alone
    Latviski: Atbalsts sedz visu neto rēķinu, un klients maksā tikai nodokli
    Given it is 2 March 2026
    And Anna Bērziņa is poor or low-income since 1 January 2026
    When Anna Bērziņa signs contract 0012345678 from 1 March 2026
    And the retailer reports its contracts
    And ALDIS decides for March 2026
    And the retailer fetches its discounts
    And the retailer bills contract 0012345678 for March 2026: 20.00 EUR net
    And the retailer reports its payouts
    And ALDIS decides for April 2026
    And the retailer fetches its discounts
    And the retailer bills contract 0012345678 for April 2026: 19.99 EUR net
    And the retailer reports its payouts
    And time goes on to 22 May 2026
    Then ALDIS has granted Anna Bērziņa 20.00 EUR in April 2026
    And the retailer has done all that is required of it

  @PAY-04
  Scenario: Several small bills leave support for months
    Latviski: No vairākiem maziem rēķiniem atbalsts krājas mēnešiem
    Given it is 2 March 2026
    And Anna Bērziņa is poor or low-income since 1 January 2026
    When Anna Bērziņa signs contract 0012345678 from 1 March 2026
    And the retailer reports its contracts
    And ALDIS decides for March 2026
    And the retailer fetches its discounts
    And the retailer bills contract 0012345678 for March 2026: 3.01 EUR net
    And the retailer reports its payouts
    And ALDIS decides for April 2026
    And the retailer fetches its discounts
    And the retailer bills contract 0012345678 for April 2026: 4.02 EUR net
    And the retailer reports its payouts
    And ALDIS decides for May 2026
    And the retailer fetches its discounts
    And the retailer bills contract 0012345678 for May 2026: 5.03 EUR net
    And the retailer reports its payouts
    And ALDIS decides for June 2026
    And the retailer fetches its discounts
    And the retailer bills contract 0012345678 for June 2026: 90.00 EUR net
    And the retailer reports its payouts
    And time goes on to 22 July 2026
    Then ALDIS has granted Anna Bērziņa 20.00 EUR in June 2026
    And the retailer has done all that is required of it

  @PAY-03
  Scenario: Two bills in one month share the month's support
    Latviski: Divi rēķini vienā mēnesī dala mēneša atbalstu
    Given it is 2 March 2026
    And Anna Bērziņa is poor or low-income since 1 January 2026
    When Anna Bērziņa signs contract 0012345678 from 1 March 2026
    And the retailer reports its contracts
    And ALDIS decides for March 2026
    And the retailer fetches its discounts
    And the retailer bills contract 0012345678 for March 2026: 12.50 EUR net
    And the retailer reports its payouts
    And the retailer bills contract 0012345678 for March 2026: 30.00 EUR net
    And the retailer reports its payouts
    And time goes on to 22 April 2026
    Then ALDIS has granted Anna Bērziņa 20.00 EUR in March 2026
    And the retailer has done all that is required of it
